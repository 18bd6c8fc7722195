// A field to draw a signature in: strokes become JSON in a hidden field, points in per mille of width and height.

const MOST = 4000; // points, as the server takes them
const NEAR = 4; // closer to the last point than this says nothing new
const SVG = "http://www.w3.org/2000/svg";

const read = (sent) => {
  try {
    return JSON.parse(sent);
  } catch {
    return [];
  }
};

function begin(field) {
  const pad = field.querySelector("[data-pad]");
  const kept = field.querySelector("input[type=hidden]");
  let strokes = [];
  let line = null;

  const point = (event) => {
    const box = pad.getBoundingClientRect();
    const within = (at, start, size) => Math.min(1000, Math.max(0, Math.round(((at - start) / size) * 1000)));
    return [within(event.clientX, box.left, box.width), within(event.clientY, box.top, box.height)];
  };
  const count = () => strokes.reduce((sum, stroke) => sum + stroke.length, 0);
  const keep = () => {
    kept.value = strokes.length ? JSON.stringify(strokes) : "";
  };
  const draw = (stroke) => {
    const shown = stroke.length === 1 ? [stroke[0], stroke[0]] : stroke;
    line.setAttribute("points", shown.map((one) => one.join(",")).join(" "));
  };
  const start = (stroke) => {
    line = document.createElementNS(SVG, "polyline");
    for (const [name, value] of Object.entries({ fill: "none", stroke: "currentColor", "stroke-width": "2.5",
      "stroke-linecap": "round", "stroke-linejoin": "round", "vector-effect": "non-scaling-stroke" })) {
      line.setAttribute(name, value);
    }
    pad.append(line);
    draw(stroke);
  };
  const clear = () => {
    strokes = [];
    line = null;
    pad.querySelectorAll("polyline").forEach((one) => one.remove());
    keep();
  };

  // A stroke is no gesture of the browser: it would take the tap after it for the end of a fling, and swallow it.
  pad.addEventListener("touchstart", (event) => event.preventDefault(), { passive: false });
  pad.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary || count() >= MOST) return;
    event.preventDefault();
    pad.setPointerCapture(event.pointerId);
    strokes.push([point(event)]);
    start(strokes.at(-1));
    keep();
  });
  pad.addEventListener("pointermove", (event) => {
    if (!line || !event.isPrimary || !pad.hasPointerCapture(event.pointerId)) return;
    const stroke = strokes.at(-1);
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      const [x, y] = point(one);
      const [lastX, lastY] = stroke.at(-1);
      if (count() < MOST && Math.abs(x - lastX) + Math.abs(y - lastY) >= NEAR) stroke.push([x, y]);
    }
    draw(stroke);
    keep();
  });
  const end = () => {
    line = null;
  };
  pad.addEventListener("pointerup", end);
  pad.addEventListener("pointercancel", end);
  field.querySelector("[data-clear]").addEventListener("click", clear);
  for (const stroke of read(kept.value)) {
    strokes.push(stroke); // a page that was sent back shows what was drawn on it
    start(stroke);
  }
  line = null;
  field.hidden = false;
}

document.querySelectorAll("[data-signature]").forEach(begin);
