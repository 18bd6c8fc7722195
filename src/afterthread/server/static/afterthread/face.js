// Joins the drawing of the face to its inputs: a tap on a zone chooses its input, and a chosen input shows on the drawing.
// Values are "zone-side" ("cheek-left") or a zone alone ("nose"), which means both of its sides. Without this file the list works alone.

/** The input that a zone of the drawing stands for, if the list offers one. */
export function inputFor(face, zone, side) {
  const inputs = [...face.querySelectorAll("input[type=radio], input[type=checkbox]")];
  return inputs.find((input) => input.value === `${zone}-${side}`) ?? inputs.find((input) => input.value === zone);
}

/** Show on the drawing what is chosen in the list, and hide zones that cannot be chosen. */
export function mirror(face) {
  for (const shape of face.querySelectorAll(".zone")) {
    const input = inputFor(face, shape.dataset.zone, shape.dataset.side);
    shape.classList.toggle("on", Boolean(input?.checked));
    shape.toggleAttribute("hidden", !input);
  }
}

/** Make one face live. */
export function join(face) {
  face.dataset.live = "";
  face.addEventListener("change", () => mirror(face));
  face.addEventListener("click", (event) => {
    const shape = event.target.closest(".zone");
    const input = shape && inputFor(face, shape.dataset.zone, shape.dataset.side);
    input?.click();
  });
  mirror(face);
}

document.querySelectorAll("[data-face]").forEach(join);
