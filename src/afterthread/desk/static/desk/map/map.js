// Makes the map of threads live on the page of a record. Without it the rows say everything the map draws.
import { Advice } from "./advice.js";
import { Editor } from "./editor.js";
import { Hand } from "./hand.js";
import { type } from "./keyboard.js";
import { point } from "./pointer.js";
import { Sheet } from "./sheet.js";
import { isDrawn, Table } from "./table.js";

/** Make the map of one page live. */
export function join(form) {
  const part = form.querySelector("[data-map]"), canvas = part.querySelector("[data-canvas]"), status = part.querySelector("[data-status]");
  const sayings = new Map([...part.querySelectorAll("[data-say]")].map((one) => [one.dataset.say, one.textContent]));
  const say = (name, values = {}) => (sayings.get(name) ?? "").replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
  const tell = (text) => { status.textContent = text; };
  const tabs = [...part.querySelectorAll("[data-view]")];
  const views = Object.fromEntries(tabs.map((tab) => [tab.dataset.view, { ...tab.dataset }]));
  part.hidden = false;

  const table = new Table(form), sheet = new Sheet(canvas);
  const advice = new Advice(form, part.dataset.advice, () => {
    editor.paint();
    warn();
  });
  const hand = new Hand(form, part.dataset.scan, say, tell, (values) => {
    if (editor.chosen === null) return;
    const rows = table.read();
    if (!rows[editor.chosen]) return;
    Object.assign(rows[editor.chosen], values, { stock: values.stock ?? "" });
    table.write(rows);
    editor.sync();
  });
  const editor = new Editor({ table, sheet, hand, views, say, tell, changed: () => advice.soon() });

  editor.painted = () => {
    const drawn = table.values.filter(isDrawn);
    for (const tab of tabs) {
      const count = drawn.filter((row) => row.view === tab.dataset.view).length, badge = tab.querySelector("[data-count]");
      tab.setAttribute("aria-pressed", String(tab.dataset.view === editor.view));
      badge.hidden = !count;
      badge.textContent = String(count);
    }
  };

  /** Say aloud what speaks against the chosen thread, once it is known. */
  function warn() {
    const row = table.rows[editor.chosen], level = row?.dataset.level;
    if (level !== "stop" && level !== "warn") return;
    const says = [...row.querySelectorAll(`[data-says] [data-level="${level}"] > summary`)].map((one) => one.lastChild.textContent.trim());
    tell(`${status.textContent.split(" — ")[0]} — ${say(level)}: ${says.join(" ")}`);
  }

  for (const tab of tabs) tab.addEventListener("click", () => editor.look(tab.dataset.view));
  for (const button of part.querySelectorAll("[data-switch]")) {
    sheet.layer(button.dataset.switch, button.getAttribute("aria-pressed") === "true");
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      sheet.layer(button.dataset.switch, on);
    });
  }
  const acts = {
    row: () => {
      const row = table.rows[editor.chosen];
      if (!row) return tell(say("none"));
      row.scrollIntoView({ block: "center" });
      row.querySelector("select, input").focus();
    },
  };
  for (const button of part.querySelectorAll("[data-act]"))
    button.addEventListener("click", () => (acts[button.dataset.act] ?? (() => editor[button.dataset.act]()))());

  form.addEventListener("input", (event) => {
    if (event.target.closest("#threads")) table.stale();
  });
  form.addEventListener("change", (event) => {
    if (event.target.closest("[data-map], [data-hand], template") || event.target.id === "preset") return;
    if (/^t-\d+-lot$/.test(event.target.name)) form.elements[event.target.name.replace(/lot$/, "stock")].value = "";
    if (event.target.closest("#threads")) editor.sync();
    else advice.soon();
  });
  form.addEventListener("focusin", (event) => {
    const row = event.target.closest("#threads [data-thread]");
    if (row) editor.choose(table.rows.indexOf(row), false, true);
  });
  form.addEventListener("click", (event) => {
    if (!event.target.closest("#t-check")) return;
    event.preventDefault();
    advice.ask();
  });
  document.body.addEventListener("htmx:afterSettle", (event) => {
    if (event.detail.target?.id !== "threads") return;
    table.stale();
    const last = table.read().findLast((row) => row.view);
    editor.sync({ forget: true });
    if (event.detail.requestConfig?.elt?.id === "t-preset" && last) editor.look(last.view);
  });
  point(canvas, sheet, editor);
  type(canvas, sheet, editor);
  editor.paint();
  if (table.read().some((row) => row.zone)) advice.soon();
  part.dataset.live = "";
}

document.querySelectorAll("[data-record]").forEach(join);
