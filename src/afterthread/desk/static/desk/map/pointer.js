// Mouse, finger and pen on the map: drag from entry to exit, or tap both; tap a thread to choose it, drag its ends.
import { distance, distanceTo } from "./geometry.js";
import { lineOf } from "./table.js";

const STILL = 12, NEAR = { mouse: 10, pen: 12, touch: 12 }, BEYOND = 20;

/** Join the pointer to an editor. */
export function point(canvas, sheet, editor) {
  let held = null;
  const isOutside = (spot) => [spot.x, spot.y].some((value) => value < -BEYOND || value > 1000 + BEYOND);
  const near = (event, spot) => Math.max(14, (NEAR[event.pointerType] ?? 10) * spot.unit);

  function grip(event, spot) {
    const one = editor.armed && editor.drawn().find(({ index }) => index === editor.chosen);
    if (!one) return null;
    const line = lineOf(one.row), reach = near(event, spot) * 1.5;
    const end = distance(line.exit, spot) <= distance(line.entry, spot) ? "exit" : "entry";
    return distance(line[end], spot) <= reach ? { index: one.index, end, line } : null;
  }

  function under(event, spot) {
    const found = editor.drawn().map(({ index, row }) => ({ index, far: distanceTo(lineOf(row), spot) })).sort((a, b) => a.far - b.far)[0];
    return found && found.far <= near(event, spot) ? found.index : null;
  }

  function tap(event, spot) {
    if (editor.pending) return editor.draw(editor.pending, spot);
    const index = under(event, spot);
    if (index !== null) return editor.choose(index, true);
    if (editor.armed) return editor.cancel();
    editor.begin(spot);
  }

  // A line is no gesture of the browser: it would take the tap after it for the end of a fling, and swallow it.
  canvas.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || event.button !== 0) return;
    const spot = sheet.point(event);
    canvas.setPointerCapture(event.pointerId);
    held = { from: spot, moved: false, grip: grip(event, spot) };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!held || !event.isPrimary) return;
    const spot = sheet.point(event);
    held.moved ||= distance(held.from, spot) > STILL;
    if (!held.moved) return;
    const line = held.grip ? { ...held.grip.line, [held.grip.end]: spot } : { entry: held.from, exit: spot };
    editor.half = { entry: line.entry, exit: line.exit };
    editor.sketch();
  });
  canvas.addEventListener("pointerup", (event) => {
    if (!held || !event.isPrimary) return;
    const spot = sheet.point(event), { from, moved, grip: gripped } = held;
    held = null;
    if (!moved) return gripped ? undefined : tap(event, spot);
    if (isOutside(spot)) return editor.cancel("outside");
    if (gripped) return editor.move(gripped.index, gripped.end, spot);
    editor.draw(from, spot);
  });
  canvas.addEventListener("pointercancel", () => {
    held = null;
    editor.cancel();
  });
}
