// Makes forms quicker to fill in. Every one of them works without this.

// Names are suggested while they are typed.
let asked = 0;
document.addEventListener("input", (event) => {
  const input = event.target.closest("[data-suggest]");
  if (!input || input.value.length < 2) return;
  const mine = ++asked;
  setTimeout(async () => {
    if (mine !== asked) return;
    const answer = await fetch(`${input.dataset.suggest}?q=${encodeURIComponent(input.value)}`);
    if (!answer.ok || mine !== asked) return;
    const options = (await answer.json()).map((name) => Object.assign(document.createElement("option"), { value: name }));
    input.list.replaceChildren(...options);
  }, 120);
});

const number = (text) => Number(String(text).replaceAll(",", ""));

// A line's amount follows quantity and rate; a chosen product brings its price.
const invoice = document.querySelector("[data-invoice]");
const cell = (row, name) => row.querySelector(`[name$=".${name}"]`);

function reckon(row) {
  const [quantity, rate, amount] = ["quantity", "rate", "amount"].map((name) => cell(row, name));
  if (!rate.value || Number.isNaN(number(rate.value))) return;
  amount.value = Math.round(number(rate.value) * (quantity.value ? number(quantity.value) : 1) * 100) / 100;
}

invoice?.addEventListener("change", async (event) => {
  const row = event.target.closest("tr");
  if (!row) return;
  if (/\.(quantity|rate)$/.test(event.target.name)) reckon(row);
  if (!/\.item$/.test(event.target.name) || !event.target.value) return;
  const answer = await fetch(invoice.dataset.invoice + event.target.value);
  if (!answer.ok) return;
  const product = await answer.json();
  cell(row, "description").value = product.description;
  cell(row, "rate").value = product.rate || "";
  cell(row, "quantity").value ||= 1;
  reckon(row);
});

// What is left of a payment is shown while it is shared out.
const payment = document.querySelector("[data-payment]");
const rest = payment?.querySelector("[data-rest]");

function showRest() {
  const total = payment.querySelector('[name="TotalAmt"]').value;
  if (!total) return rest.replaceChildren();
  let left = number(total);
  for (const input of payment.querySelectorAll("[data-kind]")) {
    left += (input.dataset.kind === "CreditMemo" ? 1 : -1) * number(input.value || 0);
  }
  rest.textContent = Number.isNaN(left) ? "" : ` Unapplied: ${left.toFixed(2)}.`;
}

if (rest) {
  payment.addEventListener("input", showRest);
  showRest();
}

// A form is sent once, however often its button is pressed.
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("method") !== "post") return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => document.querySelectorAll("[data-sent]").forEach((form) => delete form.dataset.sent));
