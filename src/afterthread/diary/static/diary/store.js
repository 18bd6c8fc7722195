/**
 * What this phone keeps: sealed with a key that no script can read out, so that a copied disk tells nothing.
 *
 * `kept` holds one sealed value for each name, `queue` the check-ins that are not sent yet, in the order in which they
 * were said. Of a queued one only its key is readable, so that none is kept twice.
 */

const NAME = "afterthread";
let opened;

/** The database; rejected where the browser has none or gives none, as some private windows do. */
function open() {
  opened ??= new Promise((resolve, reject) => {
    const asked = indexedDB.open(NAME, 1);
    asked.onupgradeneeded = () => {
      asked.result.createObjectStore("keys");
      asked.result.createObjectStore("kept");
      asked.result.createObjectStore("queue", { keyPath: "number", autoIncrement: true }).createIndex("key", "key", { unique: true });
    };
    asked.onsuccess = () => resolve(asked.result);
    asked.onerror = asked.onblocked = () => reject(asked.error ?? new Error("blocked"));
  });
  opened.catch(() => (opened = undefined)); // the next one may try again
  return opened;
}

/** One transaction: what `act` asks for, once everything is on the disk. */
async function within(name, mode, act) {
  const held = (await open()).transaction(name, mode, { durability: "strict" });
  const asked = act(held.objectStore(name));
  return new Promise((resolve, reject) => {
    held.oncomplete = () => resolve(asked?.result);
    held.onabort = held.onerror = () => reject(held.error ?? asked?.error);
  });
}

/** The key of this phone, made on first use; of two tabs that make one at once, the first wins. */
async function sealKey() {
  const known = await within("keys", "readonly", (store) => store.get("seal"));
  if (known) return known;
  const made = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  await within("keys", "readwrite", (store) => store.add(made, "seal")).catch(() => {});
  return within("keys", "readonly", (store) => store.get("seal"));
}

async function seal(value) {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const text = new TextEncoder().encode(JSON.stringify(value));
  return { iv, sealed: await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await sealKey(), text) };
}

async function unseal({ iv, sealed }) {
  const text = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await sealKey(), sealed);
  return JSON.parse(new TextDecoder().decode(text));
}

/** Keep one value under a name. */
export async function keep(name, value) {
  const sealed = await seal(value);
  await within("kept", "readwrite", (store) => store.put(sealed, name));
}

/** What is kept under a name, or undefined. */
export async function kept(name) {
  const found = await within("kept", "readonly", (store) => store.get(name));
  return found && unseal(found);
}

/** Put a check-in at the end of the queue; false when one with its key stands there already. */
export async function append(item) {
  const sealed = await seal(item);
  try {
    await within("queue", "readwrite", (store) => store.add({ key: item.key, ...sealed }));
    return true;
  } catch (error) {
    if (error?.name === "ConstraintError") return false;
    throw error;
  }
}

/** Every queued check-in, the oldest first; one that can no longer be read says so and is not thrown away. */
export async function queued() {
  const rows = await within("queue", "readonly", (store) => store.getAll());
  const read = ({ number, key, ...sealed }) => unseal(sealed).then((item) => ({ ...item, number }), () => ({ key, number, refused: "unsealed" }));
  return Promise.all(rows.map(read));
}

/** Change a queued check-in, as long as it is there. */
export async function change({ number, ...item }) {
  const sealed = await seal(item);
  await within("queue", "readwrite", (store) => {
    const asked = store.get(number);
    asked.onsuccess = () => asked.result && store.put({ number, key: item.key, ...sealed });
  });
}

/** Take a check-in out of the queue. */
export const remove = (number) => within("queue", "readwrite", (store) => store.delete(number));

/** Forget what was kept; with `all`, what was not sent as well, and the key that opens it. */
export async function forget(all = false) {
  await within("kept", "readwrite", (store) => store.clear());
  if (!all) return;
  await within("queue", "readwrite", (store) => store.clear());
  await within("keys", "readwrite", (store) => store.clear());
}
