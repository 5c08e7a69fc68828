// Keeps the log fresh without moving the reader's place; the button pauses it.
const part = document.getElementById("live-part");
const button = document.getElementById("pause");
let paused = false;
button.hidden = false;

button.addEventListener("click", () => {
  paused = !paused;
  button.setAttribute("aria-pressed", String(paused));
  button.textContent = paused ? "Go on" : "Pause";
  if (!paused) refresh().catch(() => {});
});

async function refresh() {
  if (document.hidden) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live-part");
  const news = Number(fresh.dataset.newest) - Number(part.dataset.newest);
  if (paused) {
    button.textContent = news > 0 ? `Go on (${news} new)` : "Go on";
    return;
  }
  if (fresh.innerHTML === part.innerHTML) return;
  const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
  part.innerHTML = fresh.innerHTML;
  part.dataset.newest = fresh.dataset.newest;
  if (focused) part.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
}

setInterval(() => refresh().catch(() => {}), 1500);
