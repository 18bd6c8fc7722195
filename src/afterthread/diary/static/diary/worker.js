/**
 * The service worker of the diary: pages from the network while there is one, and as they were last seen without it.
 *
 * `TOLD` (addresses and version) is written in front of this file by the server. Nothing of what is said goes through
 * here except a check-in whose way to the server is broken: it is handed to the offline page, which answers and queues
 * it. Whoever leaves, or is shown the door, leaves no page behind.
 */

const FILES = `files-${TOLD.version}`;
const PAGES = `pages-${TOLD.version}`;
const STAMP = "/stamp";
const PATIENCE = 4_000;
const LONG_PATIENCE = 15_000;
const HASHED = /\.[0-9a-f]{12}\.\w+$/;
let era = 0; // grows with every forgetting: a page that was asked for before is not kept after it

self.addEventListener("install", (event) => {
  self.skipWaiting();
  event.waitUntil(install());
});

self.addEventListener("activate", (event) => event.waitUntil(takeOver()));

self.addEventListener("message", (event) => event.waitUntil(event.data.forget ? forget() : renew(event.data.stamp)));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (origin !== self.location.origin) return;
  if (request.method === "POST" && pathname === TOLD.checkin) event.respondWith(posted(request));
  else if (request.method === "POST" && pathname === TOLD.leave) event.respondWith(left(event));
  else if (request.method !== "GET") return;
  else if (pathname.startsWith(TOLD.static)) event.respondWith(fileOf(request, pathname));
  else if (request.mode === "navigate") event.respondWith(pageOf(event, pathname));
});

async function install() {
  const cache = await caches.open(FILES);
  const take = async (file) => {
    const response = await fetch(file, { cache: "no-cache" });
    if (response.ok) await cache.put(file, response);
  };
  await Promise.all([...TOLD.files.map(take), takePage(TOLD.offline)]);
}

async function takeOver() {
  const old = (await caches.keys()).filter((name) => ![FILES, PAGES].includes(name));
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

// -- Pages -------------------------------------------------------------------------------------------------------

/** Read every page anew, unless that was done for this stamp: the patient's data, her language and the date. */
async function renew(stamp) {
  const cache = await caches.open(PAGES);
  if ((await (await cache.match(STAMP))?.text()) === stamp) return;
  const done = await Promise.all([TOLD.offline, ...TOLD.pages].map(takePage));
  if (done.every(Boolean)) await cache.put(STAMP, new Response(stamp));
}

async function takePage(path) {
  const since = era;
  const response = await fetch(path, { credentials: "same-origin", redirect: "manual" }).catch(() => null);
  if (response?.ok) await keepPage(path, response, since);
  return Boolean(response) && response.status < 500; // a page that leads elsewhere has been asked for all the same
}

/** Keep a page as it came, policy and all, with the time. */
async function keepPage(path, response, since) {
  const headers = new Headers(response.headers);
  for (const name of ["Content-Encoding", "Content-Length"]) headers.delete(name);
  headers.set("X-As-Of", new Date().toISOString());
  const text = await response.text();
  if (since !== era) return;
  const pages = await caches.open(PAGES);
  await pages.put(path, new Response(text, { headers }));
  if (since !== era) await pages.delete(path);
}

/** The page from the network; when that breaks or takes too long, as it was last seen, which it says itself. */
async function pageOf(event, path) {
  const since = era;
  const fresh = fetch(event.request);
  event.waitUntil(fresh.catch(() => {}));
  const keeps = [TOLD.offline, ...TOLD.pages].includes(path);
  const known = keeps && (await keptPage(path));
  const response = await (known ? soon(fresh, PATIENCE) : fresh).catch(() => null);
  if (path === TOLD.enter && response?.ok) event.waitUntil(forget());
  if (!response || (known && response.status >= 500)) return known || standIn();
  if (keeps && response.ok) event.waitUntil(keepPage(path, response.clone(), since));
  return response;
}

async function keptPage(path) {
  const found = await (await caches.open(PAGES)).match(path, { ignoreVary: true });
  return found && rewritten(found, (text) => text.replace("<html", `<html data-as-of="${found.headers.get("X-As-Of")}"`));
}

async function rewritten(response, change) {
  return new Response(change(await response.text()), { headers: response.headers });
}

/** The page for when there is nothing else. */
async function standIn(change = (text) => text) {
  const found = await (await caches.open(PAGES)).match(TOLD.offline, { ignoreVary: true });
  return found ? rewritten(found, change) : Response.error();
}

function soon(promise, patience) {
  return Promise.race([promise, new Promise((_, reject) => setTimeout(reject, patience, new Error("too slow")))]);
}

// -- What is sent ------------------------------------------------------------------------------------------------

/** A check-in on its way; if that is broken, the offline page gets it, and nothing of it touches the disk here. */
async function posted(request) {
  const copy = request.clone();
  const response = await soon(fetch(request), LONG_PATIENCE).catch(() => null);
  if (response && response.status < 500) return response;
  const fields = [...(await copy.formData())].filter(([name]) => name !== "csrfmiddlewaretoken");
  const told = JSON.stringify(fields).replaceAll("<", "\\u003c");
  const page = await standIn((text) => text.replace("</body>", () => `<script type="application/json" id="posted">${told}</script></body>`));
  return page.type === "error" && response ? response : page;
}

async function left(event) {
  const response = await fetch(event.request).catch(() => null);
  if (!response) return standIn();
  event.waitUntil(forget(true));
  return response;
}

/** Delete every page of whoever was here, and what the diary knew of her; with `all`, what was not sent as well. */
async function forget(all = false) {
  era += 1;
  await caches.delete(PAGES);
  await empty(all ? ["kept", "queue", "keys"] : ["kept"]);
  await takePage(TOLD.offline);
}

function empty(stores) {
  return new Promise((done) => {
    const asked = indexedDB.open("afterthread");
    asked.onupgradeneeded = () => asked.transaction.abort(); // there is none
    asked.onerror = done;
    asked.onsuccess = () => {
      const held = asked.result.transaction(stores, "readwrite");
      for (const store of stores) held.objectStore(store).clear();
      held.oncomplete = held.onabort = () => done(asked.result.close());
    };
  });
}

// -- Files -------------------------------------------------------------------------------------------------------

/** A file whose name holds its digest never changes; any other is asked for anew while there is a network. */
async function fileOf(request, path) {
  const kept = await (await caches.open(FILES)).match(path, { ignoreVary: true });
  if (kept && HASHED.test(path)) return kept;
  return fetch(request).catch((error) => kept ?? Promise.reject(error));
}
