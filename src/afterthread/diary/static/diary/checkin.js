// The check-in with one thumb: one part at a time, and the emergency advice as soon as an answer asks for it.
// Nothing here is needed: without this file the page is one long form, and the server asks and warns by itself.

const UNKNOWN = "unknown";
const DIALLING = 1000; // milliseconds that the phone gets to open its keypad before the page goes on

/** The first alarm whose every answer is given; `answers` is what the form would send. */
export function alarmOf(alarms, answers) {
  const holds = ({ where }) => Object.entries(where).every(([id, levels]) => levels.includes(answers.get(`q-${id}`)));
  return alarms.find(holds);
}

/** What to do in all alarms that hold, each sentence once. */
export function advice(alarms, answers) {
  return [...new Set(alarms.filter((one) => alarmOf([one], answers)).flatMap((one) => one.do))];
}

// -- The alarm ---------------------------------------------------------------------------------------------------

function watch(form, panel) {
  const alarms = JSON.parse(form.dataset.alarms || "[]");
  let told = new Set();
  let last = null;

  const show = (on) => {
    panel.hidden = !on;
    form.hidden = on;
    document.querySelectorAll("[data-calm], header, footer, .flashes, .errors, .flash").forEach((one) => (one.hidden = on));
    document.body.classList.toggle("alarm", on);
    if (on) window.scrollTo(0, 0);
    (on ? panel.querySelector("h1") : last?.closest("[data-ask]").querySelector("summary"))?.focus();
  };

  form.addEventListener("change", (event) => {
    const answers = new FormData(form);
    const now = alarms.filter((one) => alarmOf([one], answers));
    if (now.some((one) => !told.has(one))) {
      last = event.target;
      const lines = advice(alarms, answers).map((text) => Object.assign(document.createElement("li"), { textContent: text }));
      panel.querySelector("[data-do]").replaceChildren(...lines);
      show(true);
    }
    told = new Set(now);
  });

  panel.querySelector("[data-so]").addEventListener("click", () => {
    form.elements.confirmed.value = "1";
    form.hidden = false; // a hidden form is sent all the same, but whoever listens may look at it
    form.requestSubmit();
  });

  // Whoever calls means it: the clinic is told, even if nobody comes back to this page to say so.
  panel.querySelectorAll('a[href^="tel:"]').forEach((number) =>
    number.addEventListener("click", () => setTimeout(() => panel.querySelector("[data-so]").click(), DIALLING)));

  panel.querySelector("[data-slip]").addEventListener("click", () => {
    form.querySelectorAll(`[name="${last.name}"]`).forEach((one) => (one.checked = false));
    form.dispatchEvent(new Event("change", { bubbles: true }));
    label(last.closest("[data-ask]"));
    show(false);
  });
}

// -- One question ------------------------------------------------------------------------------------------------

/** Show on the closed line what was answered, and ask for more only where a sign is there. */
function label(ask) {
  const chosen = ask.querySelector(`[name="q-${ask.dataset.ask}"]:checked`);
  const said = ask.querySelector("[data-said]");
  said.hidden = !chosen;
  said.textContent = chosen?.nextElementSibling.textContent ?? "";
  const more = ask.querySelector("[data-more]");
  if (!more) return;
  more.hidden = !chosen || ["no", UNKNOWN].includes(chosen.value);
  if (!more.hidden) draw(more.querySelector("[data-where]"));
}

/** Put the drawing of the face beside a list of places; a tap on it chooses from the list. */
function draw(where) {
  const picture = document.querySelector("template[data-face]")?.content.firstElementChild;
  const list = where?.querySelector("select");
  const offers = (zone) => [...(list?.options ?? [])].some((option) => option.value === zone);
  if (!picture || !list || !offers("cheek") || where.querySelector("svg")) return;
  const map = picture.cloneNode(true);
  const mirror = () => map.querySelectorAll(".zone").forEach((one) => one.classList.toggle("on", one.dataset.zone === list.value));
  map.querySelectorAll("[id]").forEach((one) => one.removeAttribute("id"));
  map.addEventListener("click", (event) => {
    const zone = event.target.closest(".zone")?.dataset.zone;
    if (!zone || !offers(zone)) return;
    list.value = list.value === zone ? "" : zone;
    mirror();
  });
  list.addEventListener("change", mirror);
  where.classList.add("face");
  where.dataset.live = "";
  where.append(map);
  mirror();
}

/** Once something of a part is answered, close the others of it with one tap at its end. */
function offerOthers(step) {
  const [others, none] = [step.querySelector("[data-others]"), step.querySelector("[data-none]")];
  if (!others || !none) return;
  const asks = [...step.querySelectorAll("[data-ask]")];
  const answered = asks.filter((ask) => ask.querySelector(`[name="q-${ask.dataset.ask}"]:checked`)).length;
  others.hidden = none.checked || !answered || answered === asks.length;
}

// -- One part at a time ------------------------------------------------------------------------------------------

function walk(form) {
  const steps = [...form.querySelectorAll("[data-step]")];
  const [progress, buttons, send] = ["progress", "walk", "send"].map((name) => form.querySelector(`[data-${name}]`));
  const place = document.querySelector("[data-say-place]").textContent;
  const knots = steps.map(() => document.createElement("li"));
  let here = 0;

  const go = (to, focus = true) => {
    here = Math.min(Math.max(to, 0), steps.length - 1);
    steps.forEach((step, number) => (step.hidden = number !== here));
    knots.forEach((knot, number) => {
      knot.dataset.state = number < here ? "done" : "";
      knot.toggleAttribute("aria-current", number === here);
    });
    progress.querySelector("[data-place]").textContent = place.replace("{n}", here + 1).replace("{all}", steps.length);
    const end = here === steps.length - 1;
    send.hidden = !end;
    buttons.querySelector("[data-next]").hidden = end;
    buttons.querySelector("[data-back]").hidden = here === 0;
    if (!focus) return;
    window.scrollTo(0, 0);
    steps[here].querySelector("h2").focus({ preventScroll: true });
  };

  progress.hidden = buttons.hidden = false;
  progress.querySelector("ol").append(...knots);
  buttons.querySelector("[data-next]").addEventListener("click", () => go(here + 1));
  buttons.querySelector("[data-back]").addEventListener("click", () => go(here - 1));
  form.addEventListener("change", ({ target }) => target.matches?.("[data-none]") && target.checked && go(here + 1));
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !event.target.matches("input") || here === steps.length - 1) return;
    event.preventDefault(); // Enter goes on; only the last part sends
    go(here + 1);
  });
  go(0, false);
}

const form = globalThis.document?.querySelector("form[data-checkin]");
if (form) {
  form.querySelectorAll("[data-ask]").forEach(label);
  form.addEventListener("change", ({ target }) => target.closest?.("[data-ask]") && label(target.closest("[data-ask]")));
  form.querySelectorAll("[data-step]").forEach((step) => {
    step.addEventListener("change", () => offerOthers(step));
    step.querySelector("[data-others]")?.addEventListener("click", () => step.querySelector("[data-none]").click());
    offerOthers(step);
  });
  watch(form, document.querySelector("[data-alarm]"));
  if (form.querySelectorAll("[data-step]").length > 1) walk(form);
}
