// Runs before the first paint, so that a remembered theme, density and rail cause no flash and no shift.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  for (const what of ["theme", "density", "rail"]) {
    try {
      const chosen = localStorage.getItem(`look.${what}`);
      if (chosen) root.dataset[what] = chosen;
    } catch {
      return; // Storage refused: the system's own theme is right.
    }
  }
})();
