/**
 * The page that stands in when the server cannot be reached: it asks the check-in, answers it by the same protocol,
 * and only then keeps it to be sent. What cannot be judged is answered with the numbers to call.
 */

import { dayOf, decide, explain, follow } from "./engine.js";
import { enqueue, waiting } from "./queue.js";
import { draw, element, questionsFor, readForm } from "./sheet.js";
import { kept, queued, remove } from "./store.js";

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const page = document.querySelector("[data-offline]");
const part = (name) => page.querySelector(`[data-${name}]`);
const form = part("sheet");
const say = form.dataset;
let pack;

/** Show one part of the page and put the reader there. */
function only(name) {
  for (const section of page.children) section.hidden = true;
  part(name).hidden = false;
  const alarming = name === "alarm";
  document.querySelectorAll("header, footer").forEach((one) => (one.hidden = alarming));
  document.body.classList.toggle("alarm", alarming);
  window.scrollTo(0, 0);
  part(name).querySelector("h1, h2")?.focus();
}

// -- Deciding ----------------------------------------------------------------------------------------------------

/** The pack with everything in its history that was said on this phone since; `but` is left out. */
async function packNow(but) {
  const last = await kept("pack");
  if (!last) return undefined;
  const { unsent } = await waiting(last);
  return unsent.filter(({ key, record }) => key !== but && record === last.record).reduce(after, last);
}

function after(known, said) {
  try {
    return follow(known, dated(known, said, said.said_at));
  } catch {
    return known; // what cannot be judged leaves nothing behind
  }
}

/** What was said, with the day on the patient's own wall; after the last known day, that one, as at the clinic. */
function dated(known, said, at) {
  const day = Math.min(Math.max(dayOf(known, at, known.wall), 0), known.artefact.horizon_days);
  return { ...said, at, day, timezone: known.wall };
}

/** {decision, told}, or null for what the engine does not judge. */
function judged(known, said, at) {
  try {
    const decision = decide(known, dated(known, said, at));
    return { decision, told: explain(known, decision) };
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

const grave = (known, { decision }) => decision.findings.some(({ urgency }) => urgency === known.urgencies.length - 1);

const now = () => new Date().toISOString();

function shownToday() {
  try {
    return questionsFor(pack, dated(pack, {}, now()).day);
  } catch {
    return questionsFor(pack, 0); // a clock that cannot be true: the danger signs and the first questions
  }
}

// -- Asking ------------------------------------------------------------------------------------------------------

let told = false;

function ask() {
  const shown = shownToday();
  draw(pack, shown, form.querySelector("[data-questions]"), say);
  form.onchange = () => warn(judged(pack, readForm(pack, shown, new Map(new FormData(form))), now()));
  form.onsubmit = (event) => {
    event.preventDefault();
    const data = new Map(new FormData(form));
    answer(data, crypto.randomUUID());
  };
  told = false;
  only("sheet");
}

/** An emergency is answered while the form is still being filled in. */
function warn(answered) {
  const alarming = Boolean(answered && grave(pack, answered));
  if (alarming && !told) {
    alarm(answered.told);
    part("confirm").hidden = false;
    part("confirm").querySelector("[data-so]").onclick = () => form.requestSubmit();
    part("confirm").querySelector("[data-slip]").onclick = () => only("sheet");
  }
  told = alarming;
}

function alarm({ urgency, meaning, do: actions }) {
  const place = part("alarm");
  place.querySelector("h1").textContent = urgency;
  place.querySelector("[data-meaning]").textContent = meaning;
  place.querySelector("[data-do]").replaceChildren(...actions.map((one) => element("li", {}, one)));
  part("confirm").hidden = true;
  part("kept").hidden = true;
  only("alarm");
}

// -- Answering ---------------------------------------------------------------------------------------------------

/** Say what the protocol says, then keep it; whatever fails is said as well. */
async function answer(data, key) {
  const at = now();
  const said = readForm(pack, shownToday(), data);
  const answered = judged(pack, said, at);
  if (!answered) only("unjudged");
  else if (answered.decision.word === "emergency") alarm(answered.told);
  else calm(answered);
  const item = { key, record: pack.record, said_at: at, ...said, shown: answered?.decision.word ?? "" };
  part("kept").hidden = false;
  part("again").hidden = answered?.decision.word !== "emergency";
  part("again").onclick = () => withdraw(key);
  try {
    await enqueue(item);
    outcome("waits");
    document.dispatchEvent(new Event("afterthread:queued"));
  } catch {
    outcome("lost");
  }
}

function calm({ decision, told: { day, urgency, meaning, first, reasons, do: actions, unanswered, notice } }) {
  const place = part("answer");
  const banner = place.querySelector(".urgency");
  banner.dataset.urgency = decision.word;
  banner.querySelector(".icon").replaceWith(document.querySelector(`template[data-icon="${decision.word}"]`).content.cloneNode(true));
  const texts = { day, "urgency-name": urgency, meaning, first, unanswered, notice };
  for (const [name, text] of Object.entries(texts)) place.querySelector(`[data-${name}]`).textContent = text;
  place.querySelector("[data-do]").replaceChildren(...actions.map((one) => element("li", {}, one)));
  place.querySelector("[data-reasons]").replaceChildren(...reasons.map(({ says }) => element("li", {}, says)));
  place.querySelector("[data-phones]").hidden = !["same_day", "routine"].includes(decision.word);
  only("answer");
}

/** Whether it is kept, sent or lost: one line that is read out. */
function outcome(name, url) {
  for (const line of part("kept").querySelectorAll("[data-outcome]")) line.hidden = line.dataset.outcome !== name;
  if (url) part("kept").querySelector("a").href = url;
  if (name === "sent") part("again").hidden = true;
}

document.addEventListener("afterthread:sent", ({ detail }) => outcome("sent", detail.url));

/** An emergency that was a slip: as long as it is not sent, it is taken back and asked anew. */
async function withdraw(key) {
  const found = (await queued()).find((item) => item.key === key);
  if (found) await remove(found.number);
  document.dispatchEvent(new Event("afterthread:queued"));
  pack = await packNow();
  ask();
}

// -- Beginning ---------------------------------------------------------------------------------------------------

/** The check-in that could not be sent, as the worker hands it over; the page is then no longer one to send again. */
function posted() {
  const text = document.getElementById("posted")?.textContent;
  if (!text) return null;
  history.replaceState(null, "", location.href);
  return new Map(JSON.parse(text));
}

function callable() {
  for (const list of page.querySelectorAll("[data-numbers]")) {
    const numbers = pack.numbers.map((number) => [number, say.clinic.replace("0", number)]);
    list.replaceChildren(...numbers.map(([number, text]) => element("a", { className: "button quiet wide", href: `tel:${number}` }, text)));
  }
  for (const call of page.querySelectorAll("a.call")) {
    call.href = `tel:${pack.call}`;
    call.querySelector("b").textContent = pack.call;
  }
}

async function begin() {
  const data = posted();
  const key = data?.get("key");
  pack = await packNow(key).catch(() => undefined);
  if (pack) callable();
  if (location.pathname !== page.dataset.checkin) return only("away");
  if (!pack) return only(data ? "unread" : "empty");
  if (data && !data.get("slip")) return answer(data, UUID.test(key) ? key : crypto.randomUUID());
  return ask();
}

begin();
