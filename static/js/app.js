// The behaviour of the look. Everything works without it; this makes it pleasant.
// One listener per kind of event on the document, so that what htmx brings in later just works.
(() => {
  "use strict";
  const root = document.documentElement;
  const one = (selector, from = document) => from.querySelector(selector);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const on = (type, selector, act) =>
    document.addEventListener(type, (event) => {
      const hit = event.target.closest?.(selector);
      if (hit) act(hit, event);
    });
  const number = new Intl.NumberFormat(root.lang || "en");
  const isTyping = (element) => element.closest("input, textarea, select, [contenteditable]") !== null;

  // What a person prefers, remembered on this device; theme.js applies it before the first paint.
  const prefer = (what, value) => {
    if (value) root.dataset[what] = value;
    else delete root.dataset[what];
    try {
      if (value) localStorage.setItem(`look.${what}`, value);
      else localStorage.removeItem(`look.${what}`);
    } catch { /* Not remembered, still applied. */ }
  };
  on("change", "[data-prefer]", (input) => prefer(input.dataset.prefer, input.value));
  const foldRail = () => prefer("rail", root.dataset.rail === "narrow" ? "" : "narrow");
  on("click", "[data-fold]", foldRail);
  const showPreferences = () =>
    all("[data-prefer]").forEach((input) => { input.checked = input.value === (root.dataset[input.dataset.prefer] || ""); });

  // Dialogs: data-dialog="#id" opens; with hx-get the shell opens at once and htmx fills it.
  const openDialog = (dialog) => {
    if (!dialog) return;
    if (!dialog.open) {
      dialog.showModal();
      one("[autofocus]", dialog)?.focus();
    }
    raiseToasts();
  };
  const fillDialog = (dialog, ...content) => {
    if (dialog.contains(one("#toasts"))) moveToasts(document.body);
    dialog.replaceChildren(...content);
  };
  on("click", "[data-dialog]", (opener) => {
    const dialog = one(opener.dataset.dialog);
    opener.closest("[popover]")?.hidePopover?.();
    if (dialog?.id === "dialog") fillDialog(dialog, one("#dialog-waiting").content.cloneNode(true));
    if (dialog?.id === "palette") return openPalette();
    openDialog(dialog);
  });
  on("click", "[data-close]", (button) => button.closest("dialog, [popover]")?.[button.closest("dialog") ? "close" : "hidePopover"]());
  document.addEventListener("pointerdown", (event) => {
    if (event.target.matches?.("dialog[data-light]")) event.target.close();
  });
  document.addEventListener("close", (event) => {
    raiseToasts();
    // What opened it may be gone meanwhile; then the keyboard goes on at the page's content.
    setTimeout(() => { if (document.activeElement === document.body) one("#content")?.focus({ preventScroll: true }); });
    if (event.target.id === "dialog") fillDialog(event.target);
  }, true);
  document.addEventListener("dialog:close", () => one("#dialog")?.close());

  // Toasts: they leave by themselves, wait while looked at, and errors stay.
  const stay = { success: 6000, info: 6000, warning: 12000 };
  const settled = new WeakSet();
  const dismiss = (toast) => {
    const hadFocus = toast.contains(document.activeElement);
    toast.classList.add("leaving");
    setTimeout(() => {
      toast.remove();
      if (hadFocus) one("#toasts")?.focus();
    }, 130);
  };
  const settle = (toast) => {
    if (settled.has(toast)) return;
    settled.add(toast);
    raiseToasts();
    all("#toasts > .toast").slice(0, -4).forEach(dismiss);
    announce(one("p", toast)?.textContent);
    let left = one("form", toast) ? 12000 : stay[toast.dataset.level];
    if (!left) return;
    let timer, since;
    const run = () => { clearTimeout(timer); since = Date.now(); timer = setTimeout(dismiss, left, toast); };
    const pause = () => { clearTimeout(timer); left = Math.max(left - (Date.now() - since), 1500); };
    for (const [type, act] of [["pointerenter", pause], ["focusin", pause], ["pointerleave", run], ["focusout", run]]) toast.addEventListener(type, act);
    run();
  };
  // All that is outside a modal dialog is inert, the top layer too. So toasts move into it, and back when it closes.
  const moveToasts = (home) => {
    const shelf = one("#toasts");
    if (shelf.parentElement === home) return;
    home.append(shelf);
    if (home === document.body) return shelf.removeAttribute("popover");
    shelf.popover = "manual";
    shelf.showPopover();
  };
  const raiseToasts = () => moveToasts(one("dialog:modal:focus-within") ?? all("dialog:modal").at(-1) ?? document.body);
  const announce = (words) => {
    const announcer = one("#announcer");
    if (announcer && words) setTimeout(() => { announcer.textContent = words; }, 100);
  };
  const looks = { error: ["red", "error"], warning: ["amber", "warning"], success: ["green", "success"], info: ["blue", "info"] };
  const showToast = (words, level = "error") => {
    const shape = one("#toast-shape")?.content.firstElementChild.cloneNode(true);
    if (!shape) return;
    const [tone, mark] = looks[level] ?? looks.info;
    shape.className = `toast ${tone}`;
    one("use", shape).setAttribute("href", `#i-${mark}`);
    shape.dataset.level = level;
    one("p", shape).textContent = words;
    one("#toasts").append(shape);
    settle(shape);
  };
  on("click", "[data-dismiss]", (button) => dismiss(button.closest(".toast, .banner")));
  document.addEventListener("toast", (event) => showToast(event.detail.text ?? event.detail.value, event.detail.level ?? "info"));

  // Menus: native popovers; arrows, Home, End and first letters move, Tab leaves.
  const items = (menu) => all('[role^="menuitem"]:not(:disabled)', menu);
  document.addEventListener("toggle", (event) => {
    const menu = event.target;
    if (!menu.matches?.(".menu-list")) return;
    const opener = one(`[popovertarget="${CSS.escape(menu.id)}"]`);
    opener?.setAttribute("aria-expanded", String(event.newState === "open"));
    if (event.newState !== "open") return;
    if (!CSS.supports("position-area", "block-end")) place(menu, opener);
    (items(menu)[0] ?? one("input:checked, a, button", menu))?.focus({ preventScroll: true });
  }, true);
  const place = (menu, opener) => {
    if (!opener) return;
    const at = opener.getBoundingClientRect();
    const size = menu.getBoundingClientRect();
    const below = at.bottom + 4 + size.height < innerHeight && !menu.matches(".above");
    const left = menu.matches(".end") ? at.right - size.width : at.left;
    menu.style.top = `${Math.max(8, below ? at.bottom + 4 : at.top - size.height - 4)}px`;
    menu.style.left = `${Math.min(Math.max(8, left), innerWidth - size.width - 8)}px`;
  };
  on("keydown", '[role="menu"]', (menu, event) => {
    const choices = items(menu);
    const here = choices.indexOf(document.activeElement);
    const steps = { ArrowDown: here + 1, ArrowUp: here - 1, Home: 0, End: -1 };
    if (event.key === "Tab") menu.hidePopover();
    else if (event.key in steps) {
      event.preventDefault();
      choices.at(steps[event.key] % choices.length)?.focus();
    } else if (event.key.length === 1 && /\S/.test(event.key)) {
      const later = [...choices.slice(here + 1), ...choices.slice(0, here + 1)];
      later.find((item) => item.textContent.trim().toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    }
  });
  on("click", '.menu-list [role="menuitem"], .menu-list .menu-item', (item) => {
    if (!item.matches("[popovertarget]")) item.closest("[popover]").hidePopover();
  });

  // Selection: select-all, ranges with Shift, the bulk bar's count; kept when rows are swapped.
  const picks = (from) => all(".check input[name]:not(:disabled)", from);
  const countPicks = (area) => {
    const boxes = picks(area);
    const chosen = boxes.filter((box) => box.checked).length;
    const everything = one("[data-select-matching]", area);
    if (everything && chosen < boxes.length) everything.checked = false;
    all("[data-select-all]", area).forEach((head) => {
      head.checked = chosen > 0 && chosen === boxes.length;
      head.indeterminate = chosen > 0 && chosen < boxes.length;
    });
    const counted = everything?.checked ? Number(everything.dataset.selectMatching) : chosen;
    all("[data-picked]", area).forEach((place) => { place.textContent = number.format(counted); });
    all("[data-when-page-full]", area).forEach((offer) => { offer.hidden = chosen < boxes.length; });
  };
  let lastPick;
  on("click", ".selectable .check input", (box, event) => {
    const area = box.closest(".selectable");
    if (box.matches("[data-select-all]")) picks(area).forEach((other) => { other.checked = box.checked; });
    else if (event.shiftKey && lastPick?.isConnected) {
      const row = picks(area);
      const [from, to] = [row.indexOf(lastPick), row.indexOf(box)].sort((a, b) => a - b);
      row.slice(from, to + 1).forEach((other) => { other.checked = box.checked; });
    }
    lastPick = box;
    countPicks(area);
  });
  on("change", "[data-select-matching]", (box) => countPicks(box.closest(".selectable")));
  const selectNone = (area) => {
    [...picks(area), ...all("[data-select-matching]", area)].forEach((box) => { box.checked = false; });
    countPicks(area);
  };
  on("click", "[data-select-none]", (button) => selectNone(button.closest(".selectable")));

  // htmx: keep focus and selection over a swap; say when the server could not be reached.
  const nameOf = (element) =>
    element.id ? `#${CSS.escape(element.id)}`
      : element.name ? `[name="${CSS.escape(element.name)}"]${element.type === "checkbox" || element.type === "radio" ? `[value="${CSS.escape(element.value)}"]` : ""}`
      : element.getAttribute("href") ? `a[href="${CSS.escape(element.getAttribute("href"))}"]` : "";
  let focused = "", wasInside = false, picked = new Set();
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.detail.target;
    if (target.contains(one("#toasts"))) moveToasts(document.body);
    wasInside = target.contains(document.activeElement);
    focused = wasInside ? nameOf(document.activeElement) : "";
    picked = new Set(picks(target).filter((box) => box.checked).map((box) => `${box.name}=${box.value}`));
  });
  document.addEventListener("htmx:afterSettle", (event) => {
    if (picked.size) {
      picks(document).forEach((box) => { if (picked.has(`${box.name}=${box.value}`)) box.checked = true; });
      all(".selectable").forEach(countPicks);
    }
    if (wasInside && document.activeElement === document.body)
      ((focused && one(focused)) || event.target.closest?.("[data-focus]") || one("[data-focus]", event.target))?.focus({ preventScroll: true });
    wasInside = false;
    focused = "";
    picked = new Set();
    const dialog = event.target.closest?.("#dialog");
    if (!dialog) return;
    if (!one(":scope > :not(#toasts)", dialog)) return dialog.close();
    openDialog(dialog);
    if (!dialog.contains(document.activeElement) || document.activeElement === dialog) (one("[autofocus]", dialog) ?? one("[data-close]", dialog))?.focus();
  });
  const trouble = {
    "htmx:responseError": (detail) => (detail.xhr.status === 403 ? "You are not allowed to do that. Ask a partner or an admin of the firm." : "That did not work, and nothing was changed. Try again in a moment."),
    "htmx:sendError": () => "The server cannot be reached. Check your connection and try again.",
    "htmx:timeout": () => "The server took too long to answer. Try again in a moment.",
  };
  for (const [type, words] of Object.entries(trouble))
    document.addEventListener(type, (event) => {
      const waiting = one('#dialog[open] [aria-busy="true"]');
      if (waiting) one("#dialog").close();
      if (!event.detail.elt?.closest("[data-quiet]")) showToast(words(event.detail));
    });

  // Forms: a pressed button shows that it is working and cannot be pressed twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    const button = event.submitter ?? one("button:not([type=button])", form);
    if (event.defaultPrevented || form.method === "dialog" || form.hasAttribute("data-download")) return;
    if (form.dataset.sending) return event.preventDefault();
    form.dataset.sending = "yes";
    setTimeout(() => button?.setAttribute("aria-busy", "true"));
  });
  const rest = (from) => {
    all("form[data-sending]", from).forEach((form) => delete form.dataset.sending);
    all('.button[aria-busy="true"]', from).forEach((button) => button.removeAttribute("aria-busy"));
  };
  addEventListener("pageshow", (event) => { if (event.persisted) rest(document); });
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = event.detail.elt?.closest?.("form") ?? event.detail.elt;
    if (form?.dataset) { delete form.dataset.sending; rest(form); }
    if (event.detail.successful && event.detail.elt?.closest?.(".bulk-bar")) selectNone(form.closest(".selectable"));
  });
  // What is watched asks for news as long as somebody looks: less often once nobody has touched the page for a minute,
  // and seldom after five. What moves by itself (data-watch="moving") goes on at full pace until then.
  const WATCH_MS = 2000, REST_AFTER_MS = 60000, REST_EVERY = 5, IDLE_AFTER_MS = 300000, IDLE_EVERY = 15;
  let touched = Date.now(), ticks = 0;
  for (const type of ["pointermove", "pointerdown", "keydown", "scroll"]) document.addEventListener(type, () => { touched = Date.now(); }, { capture: true, passive: true });
  const watch = () => {
    ticks += 1;
    const still = Date.now() - touched;
    if (document.hidden || (still > IDLE_AFTER_MS && ticks % IDLE_EVERY)) return;
    const isResting = still > REST_AFTER_MS && ticks % REST_EVERY;
    const isBusy = one("dialog[open], .menu-list:popover-open");
    all("[data-watch]").forEach((place) => {
      if (isBusy && !place.closest("dialog[open]")) return;
      if (!isResting || place.dataset.watch === "moving") htmx.trigger(place, "watch");
    });
  };
  setInterval(watch, WATCH_MS);
  document.addEventListener("visibilitychange", watch);

  on("click", '.button[aria-disabled="true"]', (button, event) => event.preventDefault());
  on("change", "[data-autosubmit]", (control) => control.form?.requestSubmit());

  on("click", "[data-reveal]", (button) => {
    const input = button.parentElement.querySelector("input");
    const show = input.type === "password";
    input.type = show ? "text" : "password";
    button.textContent = show ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(show));
  });
  on("click", "[data-copy]", async (button) => {
    const source = one(button.dataset.copy);
    await navigator.clipboard.writeText(source?.value ?? source?.textContent ?? button.dataset.copy);
    showToast("Copied.", "success");
  });

  // Times that say how long ago, kept fresh.
  const ago = new Intl.RelativeTimeFormat(root.lang || "en", { numeric: "auto" });
  const spans = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
  const freshen = (from = document) => all("time[data-ago]", from).forEach((time) => {
    const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
    const [unit, length] = spans.find(([, span]) => Math.abs(seconds) >= span) ?? [];
    time.textContent = unit ? ago.format(Math.trunc(seconds / length), unit) : "just now";
  });
  setInterval(freshen, 30000);

  // Searchable pickers. The script is fetched when the first one shows; the select stays the form's field.
  let pickerScript;
  const fetchPickers = () => (pickerScript ??= new Promise((done) => {
    if (window.TomSelect) return done();
    const script = document.createElement("script");
    script.src = document.body.dataset.pickerScript;
    script.onload = done;
    document.head.append(script);
  }));
  const dressPicker = (select) => {
    if (select.tomselect || !select.isConnected) return;
    const { pickerUrl: url, pickerHint: nothing = "Nothing by that name." } = select.dataset;
    const label = select.getAttribute("aria-label") ?? select.labels[0]?.textContent.trim();
    const line = (data, escape) => `<div class="${data.always !== undefined ? "always" : ""}"><span>${escape(data.text)}</span>${data.detail ? `<span class="detail">${escape(data.detail)}</span>` : ""}</div>`;
    let asked = 0, answered = 0;
    const picker = new window.TomSelect(select, {
      maxOptions: 60,
      plugins: select.multiple ? ["remove_button"] : [],
      placeholder: select.dataset.placeholder ?? "Type to search",
      hidePlaceholder: true,
      searchField: url ? [] : ["text", "detail"],
      // The server has searched: what it found for these words stands first, what is always offered last.
      score: url && function score(typed) {
        const words = typed.trim().toLowerCase();
        return ({ always, asked, text, detail }) => {
          if (always !== undefined) return 0.1;
          return asked === typed.trim() || `${text} ${detail ?? ""}`.toLowerCase().includes(words) ? 1 : 0;
        };
      },
      preload: url ? "focus" : false,
      // What is typed counts at once, so that Enter never takes from the list of a moment ago.
      refreshThrottle: 0,
      loadThrottle: 180,
      copyClassesToDropdown: false,
      openOnFocus: true,
      render: {
        option: line,
        item: (data, escape) => `<div title="${escape(data.text)}">${escape(data.text)}</div>`,
        no_results: () => `<div class="no-results">${nothing}</div>`,
        loading: () => '<div class="loading-line">Searching…</div>',
      },
      load: url && function load(typed, done) {
        const address = new URL(url, location.href);
        address.searchParams.set("q", typed);
        const turn = ++asked;
        fetch(address, { headers: { Accept: "application/json" } })
          .then((answer) => (answer.ok ? answer.json() : Promise.reject(answer.status)))
          .then(({ results }) => {
            if (turn < answered) return done();
            answered = turn;
            this.clearOptions((option) => option.always !== undefined || this.items.includes(String(option.value)));
            done(results.map((result) => ({ ...result, value: String(result.value), asked: typed.trim() })));
          })
          .catch(() => done());
      },
      onDropdownOpen(list) { if (!list.isConnected) return; list.showPopover(); placeList(this.control, list); },
      onDropdownClose(list) { if (list.matches(":popover-open")) list.hidePopover(); },
    });
    select.setAttribute("aria-hidden", "true");
    // In the top layer no dialog and no scrolling table can cut the list off.
    picker.dropdown.popover = "manual";
    const follow = () => { if (picker.isOpen) placeList(picker.control, picker.dropdown); };
    // Only the person opens the list: an answer, or a pause in typing, that comes after a choice, Escape or
    // leaving finds it closed and leaves it so.
    let isSettled = false;
    const open = picker.open.bind(picker);
    picker.open = () => { if (!isSettled) open(); };
    const unsettle = (event) => { if (event.type !== "keydown" || ["ArrowDown", "ArrowUp"].includes(event.key)) isSettled = false; };
    for (const begins of ["keydown", "input", "mousedown", "focusin"]) picker.wrapper.addEventListener(begins, unsettle, true);
    for (const ends of ["dropdown_close", "blur"]) picker.on(ends, () => { isSettled = true; });
    picker.on("load", () => requestAnimationFrame(() => {
      if (isSettled) return;
      const shown = all("[data-selectable]", picker.dropdown_content);
      if (picker.inputValue() && shown.length && shown.every((option) => option.classList.contains("always")))
        picker.dropdown_content.insertAdjacentHTML("afterbegin", `<div class="no-results" role="option" aria-disabled="true">${nothing}</div>`);
      follow();
      // What was searched for is what Enter takes, not the present choice further down.
      const first = picker.inputValue() && one("[data-selectable]", picker.dropdown_content);
      if (!first) return;
      picker.setActiveOption(first);
      picker.dropdown_content.scrollTop = 0;
    }));
    picker.on("type", () => requestAnimationFrame(follow));
    addEventListener("scroll", follow, { capture: true, passive: true });
    picker.on("destroy", () => removeEventListener("scroll", follow, { capture: true }));
    if (label) picker.control_input.setAttribute("aria-label", label);
    const described = select.getAttribute("aria-describedby");
    if (described) picker.control_input.setAttribute("aria-describedby", described);
  };
  const placeList = (control, list) => {
    const at = control.getBoundingClientRect();
    list.style.inlineSize = `${at.width}px`;
    const height = list.offsetHeight;
    const above = at.bottom + height + 8 > innerHeight && at.top > height + 8;
    list.style.left = `${Math.max(8, Math.min(at.left, innerWidth - list.offsetWidth - 8))}px`;
    list.style.top = `${above ? at.top - height - 4 : at.bottom + 4}px`;
  };
  const dressPickers = (from) => {
    const selects = [...(from.matches?.("select[data-picker]") ? [from] : []), ...all("select[data-picker]", from)];
    if (selects.length) fetchPickers().then(() => selects.forEach(dressPicker));
  };

  // Command palette: this page's links and actions at once, the server's answers as they come.
  let found = [], at = 0, asked;
  const palette = () => one("#palette");
  const pageEntries = () => all(".rail nav a, #content [data-palette], .page-head .actions a, .page-head .actions button").map((element) => ({
    text: element.dataset.palette || element.textContent.trim(), kind: element.closest(".rail") ? "Page" : "Action", act: () => element.click(), icon: "chevron-right",
  })).filter((entry) => entry.text);
  const drawPalette = () => {
    const list = one("#palette-list");
    list.replaceChildren(...found.map((entry, index) => {
      const row = document.createElement("div");
      row.className = "menu-item";
      row.id = `palette-${index}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", String(index === at));
      const words = Object.assign(document.createElement("span"), { className: "words", textContent: entry.text });
      if (entry.detail) words.append(Object.assign(document.createElement("span"), { className: "detail", textContent: entry.detail }));
      row.append(words, Object.assign(document.createElement("span"), { className: "detail", textContent: entry.kind ?? "" }));
      row.addEventListener("click", () => choose(index));
      return row;
    }));
    one(".palette-empty").hidden = found.length > 0;
    const input = one("#palette input");
    if (found.length) input.setAttribute("aria-activedescendant", `palette-${at}`);
    else input.removeAttribute("aria-activedescendant");
    one(`#palette-${at}`)?.scrollIntoView({ block: "nearest" });
  };
  const choose = (index) => {
    const entry = found[index];
    palette().close();
    if (entry?.act) entry.act();
    else if (entry) location.assign(entry.url);
  };
  const seek = async () => {
    const typed = one("#palette input").value.trim();
    const words = typed.toLowerCase().split(/\s+/);
    const local = pageEntries().filter((entry) => words.every((word) => entry.text.toLowerCase().includes(word)));
    found = local;
    at = 0;
    drawPalette();
    const url = palette().dataset.paletteUrl;
    asked?.abort();
    if (!url || !typed) return;
    asked = new AbortController();
    const address = new URL(url, location.href);
    address.searchParams.set("q", typed);
    try {
      const answer = await fetch(address, { headers: { Accept: "application/json" }, signal: asked.signal });
      if (!answer.ok) return;
      found = [...(await answer.json()).results, ...local];
      at = Math.min(at, Math.max(found.length - 1, 0));
      drawPalette();
    } catch { /* A newer question took over, or the server is away; the page's own links stay. */ }
  };
  const openPalette = () => {
    if (!palette() || palette().open) return;
    one("#rail:popover-open")?.hidePopover();
    const input = one("#palette input");
    input.value = "";
    openDialog(palette());
    input.focus();
    seek();
  };
  on("input", "#palette input", seek);
  on("keydown", "#palette input", (input, event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Enter") { event.preventDefault(); choose(at); }
    if (!step || !found.length) return;
    event.preventDefault();
    at = (at + step + found.length) % found.length;
    drawPalette();
  });

  // Keys of the whole page.
  const moveRow = (step) => {
    const rows = all("#content .table tbody tr").filter((row) => one(".title a, .check input, .menu button", row));
    const here = rows.findIndex((row) => row.contains(document.activeElement));
    const row = rows[Math.min(Math.max(here + step, 0), rows.length - 1)];
    (one(".title a", row ?? document) ?? one(".check input, .menu button", row ?? document))?.focus();
  };
  const keys = {
    "/": () => one("#content [type=search]")?.focus(),
    "?": () => openDialog(one("#keys")),
    "[": foldRail,
    j: () => moveRow(1),
    k: () => moveRow(-1),
    x: () => one(".check input", document.activeElement.closest("tr") ?? document.createElement("i"))?.click(),
  };
  document.addEventListener("keydown", (event) => {
    if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      return openPalette();
    }
    if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented) return;
    if (!keys[event.key] || isTyping(event.target) || one("dialog[open], [popover]:popover-open")) return;
    if (event.key !== "x" || event.target.closest("tr")) event.preventDefault();
    keys[event.key]();
  });

  const wire = (from) => {
    all(".toast", from).forEach(settle);
    if (from.matches?.(".toast")) settle(from);
    all(".selectable", from).forEach(countPicks);
    if (from.closest?.(".selectable")) countPicks(from.closest(".selectable"));
    freshen(from);
    dressPickers(from);
  };
  document.addEventListener("htmx:load", (event) => wire(event.detail.elt));
  new MutationObserver(() => all("#toasts > .toast").forEach(settle)).observe(one("#toasts"), { childList: true });
  if (/Mac|iPhone|iPad/.test(navigator.platform)) all("[data-modkey]").forEach((key) => { key.textContent = "⌘ K"; });
  showPreferences();
  wire(document);
})();
