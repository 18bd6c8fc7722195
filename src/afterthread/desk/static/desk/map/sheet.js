// Draws the lines of one view over its drawing, and knows which zone lies under a point.
import { badge, head, mark, strokes } from "./geometry.js";

const SVG = "http://www.w3.org/2000/svg";

function shape(kind, attributes) {
  const made = document.createElementNS(SVG, kind);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export class Sheet {
  constructor(canvas) {
    this.canvas = canvas;
    this.lines = canvas.querySelector("[data-lines]");
    this.half = canvas.querySelector("[data-half]");
    this.cross = canvas.querySelector("[data-cross]");
  }

  /** Show one drawing. */
  show(view) {
    for (const figure of this.canvas.querySelectorAll("[data-figure]")) figure.toggleAttribute("hidden", figure.dataset.figure !== view);
    this.figure = this.canvas.querySelector(`[data-figure="${view}"]`);
  }

  /** Show or hide a layer of all drawings. */
  layer(name, on) {
    this.canvas.classList.toggle(`map-without-${name}`, !on);
  }

  /** The point of the drawing under the pointer, and how many units a pixel has there. */
  point(event) {
    const turned = this.canvas.getScreenCTM().inverse();
    const found = new DOMPoint(event.clientX, event.clientY).matrixTransform(turned);
    return { x: found.x, y: found.y, unit: turned.a };
  }

  /** The zone under the first of these points that lies in one, and its side. */
  zoneAt(...points) {
    for (const point of points) {
      const found = [...this.figure.querySelectorAll("[data-zone]")].reverse().find((zone) => zone.isPointInFill?.(new DOMPoint(point.x, point.y)));
      if (found) return { zone: found.dataset.zone, side: found.dataset.side ?? "" };
    }
    return { zone: "", side: "" };
  }

  /** Draw these lines: {index, line, level, chosen, armed}. */
  draw(all) {
    this.lines.replaceChildren(...all.map((one) => this.#thread(one)));
  }

  /** Draw what is half drawn, or nothing. */
  sketch(half) {
    this.half.replaceChildren(...(half ? [shape("path", { class: "map-half", d: `M${half.entry.x} ${half.entry.y}L${half.exit.x} ${half.exit.y}` }),
      shape("circle", { class: "map-grip", cx: half.entry.x, cy: half.entry.y, r: 12 })] : []));
  }

  #thread({ index, line, level, chosen, armed }) {
    const group = shape("g", { class: "map-thread", "data-number": index + 1, "data-level": level, "data-state": "in" });
    if (chosen) group.setAttribute("data-chosen", "");
    const d = strokes(line), number = mark(line);
    group.append(shape("path", { class: "map-under", d }), shape("path", { class: "map-stroke", d }));
    if (line.path !== "loop") group.append(shape("path", { class: "map-stroke", d: head(line) }));
    group.append(shape("circle", { class: "map-end", cx: line.entry.x, cy: line.entry.y, r: 9 }));
    group.append(shape("path", { class: "map-badge", d: badge(number, level) }));
    const text = shape("text", { class: "map-number", x: number.x, y: number.y, dy: 11 });
    text.textContent = String(index + 1);
    group.append(text);
    if (armed) for (const end of [line.entry, line.exit]) group.append(shape("circle", { class: "map-grip", cx: end.x, cy: end.y, r: 18 }));
    return group;
  }

  /** Put the cross of the keyboard somewhere. */
  aim(point) {
    this.cross.removeAttribute("hidden");
    this.cross.setAttribute("transform", `translate(${point.x} ${point.y})`);
  }
}
