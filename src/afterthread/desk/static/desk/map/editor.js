// What can be done to the threads of a map. Every act reads all rows, changes them, and writes them back: the table stays the one truth.
import { across, beside, distance, vectorOf, within } from "./geometry.js";
import { History } from "./history.js";
import { isBlank, isDrawn, lineOf, placed } from "./table.js";

const OTHER = { left: "right", right: "left" };
const SHORTEST = 12;

export class Editor {
  /** @param parts {table, sheet, hand, views, say, tell, changed}: `views` by id {other, left, right, any}, `changed` is called after each act */
  constructor(parts) {
    Object.assign(this, parts);
    this.history = new History(this.table.read());
    this.#rest(null);
    this.look(Object.keys(this.views)[0]);
  }

  /** Nothing is half done any more, and this one is chosen. */
  #rest(chosen, armed = false) {
    Object.assign(this, { chosen, armed, pending: null, half: null });
  }

  /** The rows that are drawn on the view, as {index, row}. */
  drawn() {
    return this.table.values.map((row, index) => ({ index, row })).filter(({ row }) => row.view === this.view && isDrawn(row));
  }

  /** Show a view. */
  look(view) {
    if (view !== this.view) this.pending = this.half = null;
    this.view = view;
    this.sheet.show(view);
    this.paint();
  }

  /** Draw everything as the rows say it. */
  paint() {
    const rows = this.table.rows;
    this.sheet.draw(this.drawn().map(({ index, row }) => ({
      index, line: lineOf(row), level: rows[index].dataset.level ?? "", chosen: index === this.chosen, armed: this.armed && index === this.chosen,
    })));
    this.sketch();
    rows.forEach((row, index) => row.toggleAttribute("data-chosen", index === this.chosen));
    this.painted?.();
  }

  /** Draw what is half drawn, and leave the rest as it is. */
  sketch() {
    this.sheet.sketch(this.half ?? (this.pending && { entry: this.pending, exit: this.pending }));
  }

  /** A thread in a few words. */
  about(row) {
    return ["zone", "side", "kind"].map((name) => this.table.word(name, row[name])).concat(row.lot || []).filter(Boolean).join(", ");
  }

  announce(saying, index, row) {
    this.tell(this.say(saying, { number: index + 1, about: row ? this.about(row) : "" }));
  }

  /** Write the rows, and say what was done to the one at `index`. */
  #commit(rows, chosen, saying, index = chosen) {
    this.table.write(rows);
    this.history.keep(this.table.read());
    this.#rest(chosen);
    this.paint();
    this.announce(saying, index, rows[chosen]);
    this.changed();
  }

  #vector(row) {
    const { entry, exit } = lineOf(row), view = this.views[row.view];
    return String(vectorOf(entry, exit, Number(OTHER[row.side] ? view[row.side] : view.any)));
  }

  #found({ entry, exit }) {
    return this.sheet.zoneAt({ x: (entry.x + exit.x) / 2, y: (entry.y + exit.y) / 2 }, entry, exit);
  }

  /** A line in another place: its fields, with the zone under it as long as nobody chose another one. */
  #laid(row, line) {
    const under = this.#found(line), before = isDrawn(row) && row.view === this.view ? this.#found(lineOf(row)) : under;
    const ours = !row.zone || row.zone === before.zone;
    const place = ours && under.zone ? under : { zone: row.zone, side: row.side };
    const laid = { ...row, ...placed(line), ...place };
    return { ...laid, vector: this.#vector(laid) };
  }

  #add(rows, row, saying) {
    const free = rows.findIndex(isBlank), index = free < 0 ? rows.length : free;
    if (index >= this.table.most) return this.announce("full", index);
    rows[index] = row;
    this.#commit(rows, index, saying);
  }

  /** Draw a new thread, of the kind that is in hand. */
  draw(from, to) {
    const entry = { x: within(from.x), y: within(from.y) }, exit = { x: within(to.x), y: within(to.y) };
    if (distance(entry, exit) < SHORTEST) return this.cancel("short");
    const row = this.#laid({ ...this.table.blank, ...this.hand.values, view: this.view, count: "1" }, { entry, exit });
    this.#add(this.table.read(), row, row.zone ? "drawn" : "nowhere");
  }

  /** Move one end of a thread: "entry" or "exit". */
  move(index, end, to) {
    const rows = this.table.read(), line = { ...lineOf(rows[index]), [end]: { x: within(to.x), y: within(to.y) } };
    if (distance(line.entry, line.exit) < SHORTEST) return this.cancel("short");
    rows[index] = this.#laid(rows[index], line);
    this.#commit(rows, index, "moved");
    this.armed = true;
    this.paint();
  }

  /** The thread that an act is about: the chosen one, or the last one drawn here. */
  get subject() {
    const here = this.drawn(), one = here.find(({ index }) => index === this.chosen) ?? here.at(-1);
    if (!one) this.tell(this.say("none"));
    return one;
  }

  /** The same on the other side of the patient. */
  mirror() {
    const one = this.subject;
    if (!one) return;
    const { entry, exit } = lineOf(one.row), view = this.views[one.row.view].other;
    const turned = { ...one.row, ...placed({ entry: across(entry), exit: across(exit) }), view, side: OTHER[one.row.side] ?? one.row.side, key: "" };
    turned.vector = this.#vector(turned);
    const rows = this.table.read();
    const there = rows.findIndex((row) => ["view", "entry_x", "entry_y", "exit_x", "exit_y"].every((name) => row[name] === turned[name]));
    if (there >= 0) return this.choose(there);
    this.#add(rows, turned, "mirrored");
    if (view !== this.view) {
      this.chosen = one.index;
      this.paint();
    }
  }

  /** The same once more, beside it. */
  repeat() {
    const one = this.subject;
    if (!one) return;
    this.#add(this.table.read(), this.#laid({ ...one.row, key: "" }, beside(lineOf(one.row))), "repeated");
  }

  /** Take a thread out. */
  remove() {
    const index = this.drawn().find((one) => one.index === this.chosen)?.index;
    if (index === undefined) return this.announce("none", 0);
    const rows = this.table.read();
    rows.splice(index, 1);
    this.#forget();
    this.#commit(rows, null, "removed", index);
  }

  undo() {
    this.#turn(this.history.back(), "undone");
  }

  redo() {
    this.#turn(this.history.forth(), "redone");
  }

  #turn(rows, saying) {
    if (!rows) return this.tell(this.say("nothing"));
    this.table.write(rows);
    this.#forget();
    this.#rest(null);
    this.paint();
    this.tell(this.say(saying));
    this.changed();
  }

  /** Rows moved, so that what was remarked on them stands beside others now. */
  #forget() {
    for (const row of this.table.rows) row.dataset.level = "";
  }

  /** Choose a thread; armed, its ends can be moved. */
  choose(index, armed = false, quiet = false) {
    const row = this.table.values[index];
    this.#rest(index, armed);
    if (row && isDrawn(row) && row.view !== this.view) this.look(row.view);
    else this.paint();
    if (row && !quiet) this.announce("chosen", index, row);
  }

  /** Leave what is half done. */
  cancel(saying = "") {
    this.#rest(this.chosen);
    this.paint();
    if (saying) this.tell(this.say(saying));
  }

  /** The entry is set, the exit still to come. */
  begin(point) {
    this.pending = { x: within(point.x), y: within(point.y) };
    this.paint();
    this.tell(this.say("entry"));
  }

  /** Somebody typed in the rows, or the server made them anew. */
  sync({ forget = false } = {}) {
    this.table.stale();
    const rows = this.table.read();
    for (const row of rows) if (isDrawn(row)) row.vector = this.#vector(row);
    this.table.write(rows);
    this.history.keep(rows);
    if (forget) this.#rest(null);
    this.paint();
    this.changed();
  }
}
