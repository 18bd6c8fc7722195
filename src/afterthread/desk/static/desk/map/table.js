// The rows of threads as the one truth: everything that is drawn is read from these inputs and written into them.
const NUMBERS = ["entry_x", "entry_y", "exit_x", "exit_y"];

export class Table {
  #inputs = new WeakMap();
  #values = null;

  /** @param {HTMLFormElement} form the page of a record */
  constructor(form) {
    this.form = form;
  }

  get rows() {
    return [...this.form.querySelectorAll("#threads [data-thread]")];
  }

  get total() {
    return this.form.elements["t-TOTAL_FORMS"];
  }

  get most() {
    return Number(this.form.elements["t-MAX_NUM_FORMS"].value);
  }

  /** The inputs of one row by the name of what they say. */
  inputs(row) {
    if (!this.#inputs.has(row)) {
      const found = {};
      for (const input of row.querySelectorAll("input, select")) found[input.name.replace(/^t-(\d+|__prefix__)-/, "")] = input;
      this.#inputs.set(row, found);
    }
    return this.#inputs.get(row);
  }

  /** What stands in all rows, as plain values; read anew only after somebody typed. */
  get values() {
    this.#values ??= this.rows.map((row) => {
      const values = {};
      for (const [name, input] of Object.entries(this.inputs(row))) values[name] = input.type === "checkbox" ? input.checked : input.value;
      return values;
    });
    return this.#values;
  }

  /** Somebody typed in the rows, or they are others now. */
  stale() {
    this.#values = null;
  }

  /** The values as a copy that may be changed and written back. */
  read() {
    return this.values.map((row) => ({ ...row }));
  }

  /** A row in which nothing stands. */
  get blank() {
    return Object.fromEntries(Object.keys(this.inputs(this.form.querySelector("[data-blank]").content.firstElementChild)).map((name) => [name, name === "DELETE" ? false : ""]));
  }

  /** Put these values into the rows; rows come and go at the end. */
  write(all) {
    const rows = this.rows, before = this.values;
    rows.splice(all.length).forEach((row) => row.remove());
    while (rows.length < all.length) rows.push(this.#grow(rows.length));
    this.total.value = String(all.length);
    all.forEach((values, index) => {
      const inputs = this.inputs(rows[index]);
      for (const [name, value] of Object.entries(values)) {
        if (!inputs[name] || before[index]?.[name] === value) continue;
        if (inputs[name].type === "checkbox") inputs[name].checked = Boolean(value);
        else inputs[name].value = value ?? "";
      }
    });
    this.stale();
  }

  #grow(index) {
    const blank = this.form.querySelector("[data-blank]").content.cloneNode(true);
    for (const one of blank.querySelectorAll("*"))
      for (const attribute of [...one.attributes])
        if (attribute.value.includes("__prefix__")) attribute.value = attribute.value.replaceAll("__prefix__", String(index));
    const legend = blank.querySelector("legend");
    legend.textContent = legend.textContent.replace("__number__", String(index + 1));
    const row = blank.firstElementChild;
    this.form.querySelector("[data-rows]").append(row);
    return row;
  }

  /** The word that people read for a value of a list. */
  word(name, value) {
    if (!value) return "";
    const select = this.form.querySelector(`[data-blank]`).content.querySelector(`[name="t-__prefix__-${name}"]`);
    return select?.querySelector?.(`option[value="${CSS.escape(value)}"]`)?.textContent ?? value;
  }
}

/** Whether nothing is said in a row. */
export const isBlank = (row) => Object.entries(row).every(([name, value]) => !value || ["count", "key", "DELETE"].includes(name));
/** Whether a row is on the map. */
export const isDrawn = (row) => !row.DELETE && Boolean(row.view) && NUMBERS.every((name) => /^\d{1,4}$/.test(row[name]) && Number(row[name]) <= 1000);
/** A row as a line. */
export const lineOf = (row) => ({
  entry: { x: Number(row.entry_x), y: Number(row.entry_y) }, exit: { x: Number(row.exit_x), y: Number(row.exit_y) },
  path: row.path, count: Number(row.count) || 1,
});
/** The fields of a line. */
export const placed = ({ entry, exit }) => ({ entry_x: String(entry.x), entry_y: String(entry.y), exit_x: String(exit.x), exit_y: String(exit.y) });
