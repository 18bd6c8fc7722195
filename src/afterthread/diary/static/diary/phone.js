/**
 * What every page of the diary does when it is quiet: keep itself readable without a connection, send what was not
 * sent, and say loudly what still is not. Without this file everything works as long as there is a connection.
 */

import { flush, waiting } from "./queue.js";
import { forget, keep, kept, queued, remove } from "./store.js";

const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 300_000;
const root = document.querySelector("[data-phone]");
const { pack: packAddress, api, worker, leave, manifest, one, few, many } = root.dataset;
const language = document.documentElement.lang;
const channel = "BroadcastChannel" in window ? new BroadcastChannel("afterthread") : null;
let pause = FIRST_PAUSE;
let timer = 0;
let shut = false;

const bar = (name) => root.querySelector(`[data-bar="${name}"]`);

const time = (iso) => new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(iso));

function tell(name, on, fill = {}) {
  for (const [part, value] of Object.entries(fill)) bar(name).querySelector(`[data-${part}]`).textContent = value;
  if (bar(name).hidden === on) bar(name).hidden = !on; // a bar that stays is not read out again
}

// -- What has not been sent --------------------------------------------------------------------------------------

/** "2 check-ins have not been sent yet" in the grammar of the language. */
function counted(count) {
  const form = { one, few, many }[new Intl.PluralRules(language).select(count)] ?? many;
  return form.replace(/\d+/, count);
}

async function show() {
  const { unsent, refused, others } = await waiting(await kept("pack"));
  const oldest = unsent.map((item) => item.said_at).sort()[0];
  tell("unsent", unsent.length > 0, unsent.length ? { count: counted(unsent.length), oldest: time(oldest) } : {});
  tell("refused", refused.length > 0, refused[0]?.said_at ? { when: time(refused[0].said_at) } : {});
  tell("others", others > 0);
  tell("door", shut && unsent.length > 0);
  await showChanged();
  return unsent.length;
}

/** An answer of the server that differs from the one on this phone stays in sight until it has been opened. */
async function showChanged() {
  const [changed] = (await kept("changed")) ?? [];
  tell("changed", Boolean(changed), changed ? { name: changed.name } : {});
  if (changed) bar("changed").querySelector("a").href = changed.url;
}

async function opened() {
  const changed = (await kept("changed")) ?? [];
  const left = changed.filter(({ url }) => url !== location.pathname);
  if (left.length < changed.length) await keep("changed", left);
}

/** Send what waits, and try again later with growing pauses; what is not sent is on the page all the while. */
async function send() {
  clearTimeout(timer);
  if (!(await show())) return;
  const { sent, stopped } = await flush(api);
  shut = false;
  if (stopped === "door") await shutOut();
  const changed = sent.filter((answer) => answer.changed);
  if (changed.length) await keep("changed", [...changed, ...((await kept("changed")) ?? [])]);
  for (const answer of sent) document.dispatchEvent(new CustomEvent("afterthread:sent", { detail: answer }));
  if (sent.length) {
    channel?.postMessage("sent");
    await refresh();
  }
  await show();
  if (changed.some(({ urgency }) => urgency === "emergency")) location.assign(changed[0].url);
  if (stopped !== "away") return;
  timer = setTimeout(attempt, pause);
  pause = Math.min(pause * 2, LONGEST_PAUSE);
}

const attempt = () => send().catch(() => {});

/** Something speaks for a connection: try at once, and soon again. */
function retry() {
  pause = FIRST_PAUSE;
  return attempt();
}

// -- Staying readable --------------------------------------------------------------------------------------------

/** Get the pack, if there is a newer one, and let the worker read the pages anew when something has changed. */
async function refresh() {
  if (!packAddress) return; // at the door nobody is in
  const before = await kept("pack");
  const headers = before ? { "If-None-Match": before.tag } : {};
  const response = await fetch(packAddress, { headers, credentials: "same-origin" }).catch(() => null);
  if (response?.status === 401) return shutOut();
  let pack = before;
  if (response?.ok) {
    pack = { ...(await response.json()), tag: response.headers.get("ETag").replace("W/", "") };
    if (before && !before.records.some((record) => pack.records.includes(record))) await forget();
    await keep("pack", pack);
  }
  if (response) tellWorker({ stamp: `${pack?.tag} ${language} ${new Date().toDateString()}` });
}

/** This device is no longer in: no page stays, but what was said is kept until the same patient comes back. */
async function shutOut() {
  shut = true;
  await forget();
  tellWorker({ forget: true });
}

function tellWorker(message) {
  navigator.serviceWorker?.ready.then(({ active }) => active.postMessage(message));
}

// -- Leaving -----------------------------------------------------------------------------------------------------

/** Signing out deletes everything; what was not sent is sent first, or it takes a second tap. */
async function leaving(form) {
  await send().catch(() => {});
  const { unsent } = await waiting(await kept("pack")).catch(() => ({ unsent: [] }));
  if (unsent.length && bar("leaving").hidden) return tell("leaving", true);
  await forget(true).catch(() => {});
  form.submit();
}

document.addEventListener("submit", (event) => {
  if (new URL(event.target.action).pathname !== leave) return;
  event.preventDefault();
  leaving(event.target);
});

// -- From the first moment ---------------------------------------------------------------------------------------

async function begin() {
  await opened().catch(() => {});
  if (worker && "serviceWorker" in navigator) navigator.serviceWorker.register(worker).catch(() => {});
  await refresh().catch(() => {});
  await attempt();
}

const asOf = document.documentElement.dataset.asOf;
if (asOf) tell("stale", true, { asof: time(asOf) });
document.head.append(Object.assign(document.createElement("link"), { rel: "manifest", href: manifest }));
root.querySelector("[data-send]").addEventListener("click", retry);
root.querySelector("[data-told]").addEventListener("click", async () => {
  for (const { number, refused } of await queued()) if (refused) await remove(number);
  await show();
});
for (const moment of ["online", "pageshow"]) window.addEventListener(moment, retry);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && retry());
document.addEventListener("afterthread:queued", retry);
channel?.addEventListener("message", () => show().catch(() => {}));
show().catch(() => {});
(window.requestIdleCallback ?? ((later) => setTimeout(later, 500)))(() => begin(), { timeout: 3_000 });
