/**
 * Check-ins that are not sent yet: kept first, sent one at a time in the order in which they were said, and taken out
 * only when the server names their key. Sending one twice is harmless; the server knows the key.
 */

import { append, change, keep, kept, queued, remove } from "./store.js";

const PATIENCE = 20_000;
const REMEMBERED = 50;

/** Keep a check-in until it is sent. What was sent already stays out, however often its page is loaded again. */
export async function enqueue(item) {
  if ((await sentKeys()).includes(item.key)) return;
  await append(item);
}

const sentKeys = async () => (await kept("sent")) ?? [];

/** The queue as this patient may see it: hers, what the server refused of it, and how many belong to somebody else. */
export async function waiting(pack) {
  const items = await queued();
  const hers = items.filter(({ record, refused }) => !pack || refused === "unsealed" || pack.records.includes(record));
  return {
    unsent: hers.filter((item) => !item.refused),
    refused: hers.filter((item) => item.refused),
    others: items.length - hers.length,
  };
}

/**
 * Send what waits; of several tabs one sends. Ends with {sent: [answers], stopped}, where `stopped` is "" when nothing
 * is left, "away" when the server cannot be reached, and "door" when this device is no longer in.
 */
export function flush(address) {
  const send = () => sendAll(address);
  return navigator.locks ? navigator.locks.request("afterthread-queue", send) : send();
}

async function sendAll(address) {
  const pack = await kept("pack");
  const sent = [];
  for (const item of (await waiting(pack)).unsent) {
    const { status, answer } = await post(address, item);
    if (status === 401) return { sent, stopped: "door" };
    if ((status === 200 || status === 201) && answer?.key === item.key) {
      await keep("sent", [...(await sentKeys()), item.key].slice(-REMEMBERED));
      await remove(item.number);
      sent.push({ ...answer, shown: item.shown });
    } else if (status === 409 && answer?.error === "record") {
      continue; // somebody else has signed in here: it waits for the one who said it
    } else if ([409, 413, 422].includes(status)) {
      await change({ ...item, refused: answer?.error ?? String(status) });
    } else {
      return { sent, stopped: "away" };
    }
  }
  return { sent, stopped: "" };
}

/** One exchange; whatever breaks it is status 0. */
async function post(address, { number, refused, ...said }) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), PATIENCE);
  try {
    const response = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(said),
      credentials: "same-origin",
      redirect: "error",
      signal: patience.signal,
    });
    return { status: response.status, answer: await response.json().catch(() => null) };
  } catch {
    return { status: 0, answer: null };
  } finally {
    clearTimeout(timer);
  }
}
