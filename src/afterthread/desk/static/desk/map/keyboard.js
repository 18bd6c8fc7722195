// The map by keyboard: a cross is moved with the arrows, Enter sets entry and exit, Tab goes from thread to thread.
import { within } from "./geometry.js";

const STEP = 10, LEAP = 50;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const ACTS = { m: "mirror", r: "repeat", u: "undo", Delete: "remove", Backspace: "remove" };

/** The letter of a key, also where the keyboard writes another alphabet. */
const letter = (event) => (/^[a-z]$/i.test(event.key) || !event.code.startsWith("Key") ? event.key : event.code.slice(3)).replace(/^[A-Z]$/, (one) => one.toLowerCase());

/** Join the keyboard to an editor. */
export function type(canvas, sheet, editor) {
  const cross = { x: 500, y: 500 };
  let walked = null;

  function walk(event) {
    const here = editor.drawn().map(({ index }) => index), place = here.indexOf(walked);
    const next = event.shiftKey ? here[(walked === null ? here.length : place) - 1] : here[place + 1];
    if (next === undefined) return;
    event.preventDefault();
    walked = next;
    editor.choose(next, true);
  }

  function turn(event, key) {
    if (event.ctrlKey || event.metaKey) {
      if (key === "z") return event.shiftKey ? editor.redo() : editor.undo();
      return key === "y" ? editor.redo() : false;
    }
    if (ACTS[key]) return editor[ACTS[key]]();
    const end = { e: "entry", x: "exit" }[key], one = end && editor.drawn().find(({ index }) => index === editor.chosen);
    if (one) return editor.move(one.index, end, cross);
    if (key === "Enter") return editor.pending ? editor.draw(editor.pending, cross) : editor.begin(cross);
    return key === "Escape" ? editor.cancel() : false;
  }

  canvas.addEventListener("keydown", (event) => {
    if (event.altKey) return;
    if (event.key === "Tab") return walk(event);
    const way = WAYS[event.key], far = event.shiftKey ? LEAP : STEP;
    if (way && !event.ctrlKey && !event.metaKey) {
      Object.assign(cross, { x: within(cross.x + way[0] * far), y: within(cross.y + way[1] * far) });
      sheet.aim(cross);
      if (editor.pending) {
        editor.half = { entry: editor.pending, exit: { ...cross } };
        editor.sketch();
      }
      event.preventDefault();
    } else if (turn(event, letter(event)) !== false) event.preventDefault();
  });
  canvas.addEventListener("focus", () => {
    walked = null;
    if (canvas.matches(":focus-visible")) sheet.aim(cross);
  });
  canvas.addEventListener("blur", () => sheet.cross.setAttribute("hidden", ""));
}
