// What stood in the rows before each change, to go back and forth.
const DEEPEST = 200;

export class History {
  #past = [];
  #future = [];

  constructor(now) {
    this.now = now;
  }

  /** Keep what stands there now, if it is something else. */
  keep(rows) {
    if (JSON.stringify(rows) === JSON.stringify(this.now)) return;
    this.#past.push(this.now);
    if (this.#past.length > DEEPEST) this.#past.shift();
    this.#future = [];
    this.now = rows;
  }

  /** What stood there before, or nothing. */
  back() {
    return this.#turn(this.#past, this.#future);
  }

  /** What was taken back last, or nothing. */
  forth() {
    return this.#turn(this.#future, this.#past);
  }

  #turn(from, to) {
    if (!from.length) return null;
    to.push(this.now);
    this.now = from.pop();
    return this.now;
  }
}
