// Keeps the log of calls fresh without moving the reader's place.
const part = document.getElementById("live-part");
const box = document.getElementById("live");
document.getElementById("live-label").hidden = false;

async function refresh() {
  if (!box.checked || document.hidden) return;
  const answer = await fetch(location.href);
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live-part");
  if (fresh.innerHTML !== part.innerHTML && !part.contains(document.activeElement)) {
    part.innerHTML = fresh.innerHTML;
  }
}

setInterval(() => refresh().catch(() => {}), 2000);
