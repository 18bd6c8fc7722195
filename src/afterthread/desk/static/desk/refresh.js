// Keeps the part marked data-refresh current while somebody looks, and never touches what is typed elsewhere.
const EVERY = 20_000;
const part = () => document.querySelector("[data-refresh]");
const tidings = () => new Map([...document.querySelectorAll("[data-news]")].map((one) => [one.id, one.dataset.news]));
const stale = document.getElementById("stale");
let known = tidings();

const refresh = () => document.visibilityState === "visible" && part()?.dispatchEvent(new Event("refresh"));
const fail = () => { stale.hidden = false; };

setInterval(refresh, EVERY);
document.addEventListener("visibilitychange", refresh);
document.body.addEventListener("htmx:sendError", fail);
document.body.addEventListener("htmx:timeout", fail);

document.body.addEventListener("htmx:beforeSwap", (event) => {
  // A sign-in page or an error is no list: better an old list that says so.
  const ours = event.detail.xhr.status === 200 && event.detail.serverResponse.includes("data-refresh");
  event.detail.shouldSwap = ours;
  stale.hidden = ours;
});

document.body.addEventListener("htmx:afterSettle", () => {
  const now = tidings();
  const fresh = [...now].filter(([id]) => !known.has(id)).map(([, says]) => says);
  if (fresh.length) document.getElementById("news").textContent = fresh.join(". ");
  known = now;
  if (part().dataset.title) document.title = part().dataset.title;
});
