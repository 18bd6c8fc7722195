// Points, lines and directions on a drawing of 1000 by 1000; the server reckons the same in queries/record/drawn.py, thread/move.py and procedure/drawing.py.
export const LARGEST = 1000;
const APART = 30, BUNDLE = 9, BULGE = 26, HEAD = 20, BEYOND = 36;
const BADGES = {
  stop: "m-12-28h24l16 16v24l-16 16h-24l-16-16v-24z",
  warn: "m0-38l34 60h-68z",
  "": "m-26 0a26 26 0 1 0 52 0a26 26 0 1 0-52 0z",
};

/** A whole unit, halves away from nothing. */
export const nearest = (value) => (value >= 0 ? Math.trunc(value + 0.5) : -Math.trunc(-value + 0.5)) || 0;
/** A value inside of the drawing. */
export const within = (value, edge = 0) => Math.max(edge, Math.min(LARGEST - edge, nearest(value)));
/** How far two points lie apart. */
export const distance = (a, b) => Math.hypot(b.x - a.x, b.y - a.y);

/** The point so far from the entry along a line, and so far beside it. */
function along({ entry, exit }, far, aside) {
  const length = distance(entry, exit) || 1, dx = exit.x - entry.x, dy = exit.y - entry.y;
  return { x: entry.x + (dx * far - dy * aside) / length, y: entry.y + (dy * far + dx * aside) / length };
}

const at = (point) => `${nearest(point.x)} ${nearest(point.y)}`;

/** How far a point lies from a line. */
export function distanceTo({ entry, exit }, point) {
  const length = distance(entry, exit) || 1, dx = (exit.x - entry.x) / length, dy = (exit.y - entry.y) / length;
  const far = Math.max(0, Math.min(length, (point.x - entry.x) * dx + (point.y - entry.y) * dy));
  return distance(point, { x: entry.x + dx * far, y: entry.y + dy * far });
}

/** The line as a path: straight, out and back for a loop, side by side for several alike. */
export function strokes(line) {
  const length = distance(line.entry, line.exit);
  const asides = line.count > 2 ? [-BUNDLE, 0, BUNDLE] : line.count === 2 ? [-BUNDLE / 2, BUNDLE / 2] : [0];
  return asides.map((aside) => {
    const entry = at(along(line, 0, aside)), exit = at(along(line, length, aside));
    if (line.path !== "loop") return `M${entry}L${exit}`;
    const [out, back] = [-BULGE, BULGE].map((side) => at(along(line, length / 2, aside + side)));
    return `M${entry}Q${out} ${exit}Q${back} ${entry}`;
  }).join(" ");
}

/** The arrow at the exit. */
export function head(line) {
  const [first, second] = [-0.6, 0.6].map((side) => at(along(line, distance(line.entry, line.exit) - HEAD, HEAD * side)));
  return `M${first}L${at(line.exit)}L${second}`;
}

/** Where its number stands: beyond the exit, inside of the drawing. */
export function mark(line) {
  const point = along(line, distance(line.entry, line.exit) + BEYOND, 0);
  return { x: within(point.x, BEYOND / 2), y: within(point.y, BEYOND / 2) };
}

/** The shape around its number, by the level of the gravest remark. */
export const badge = (point, level) => `M${point.x} ${point.y}${BADGES[level] ?? BADGES[""]}`;

/** The direction in whole degrees: 0 away from the midline, 90 up. `outward` is 1, -1, or 0 for both ways. */
export function vectorOf(entry, exit, outward) {
  const across = exit.x - entry.x, out = outward === 0 ? Math.abs(across) : across * outward;
  return (nearest(Math.atan2(entry.y - exit.y, out) * 180 / Math.PI) + 360) % 360;
}

/** The same line beside itself. */
export function beside({ entry, exit }) {
  const length = distance(entry, exit) || 1;
  const right = -(exit.y - entry.y) / length * APART, down = (exit.x - entry.x) / length * APART;
  const moved = (point) => ({ x: within(point.x + right), y: within(point.y + down) });
  return { entry: moved(entry), exit: moved(exit) };
}

/** The same point on the other side of the patient. */
export const across = (point) => ({ x: LARGEST - point.x, y: point.y });
