// Asks the server what the protocol remarks on the rows as they stand, and puts it beside them; the last answer wins.
const PAUSE = 350;

export class Advice {
  #asked = 0;
  #timer = 0;

  /** @param {() => void} then what to do once the remarks stand beside their rows */
  constructor(form, address, then) {
    Object.assign(this, { form, address, then });
  }

  /** Ask once nothing has changed for a moment. */
  soon() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.ask(), PAUSE);
  }

  async ask() {
    clearTimeout(this.#timer);
    const turn = ++this.#asked;
    try {
      const said = [...new FormData(this.form)].filter(([, value]) => value !== ""); // most of a hundred rows is empty
      const answer = await fetch(this.address, { method: "POST", body: new URLSearchParams(said), headers: { "HX-Request": "true" } });
      const text = answer.ok ? await answer.text() : "";
      if (turn === this.#asked && text.includes("data-notes")) this.#show(new DOMParser().parseFromString(text, "text/html"));
    } catch {
      // Without a connection the rows stay as they are; the same remarks stand on the page before the signature.
    }
  }

  #show(answer) {
    this.form.querySelectorAll("#threads [data-thread]").forEach((row, index) => {
      const said = answer.querySelector(`[data-row="${index}"]`), here = row.querySelector("[data-says]");
      row.dataset.level = said?.dataset.level ?? "";
      if (here.innerHTML !== (said?.innerHTML ?? "")) here.replaceChildren(...(said?.childNodes ?? []));
    });
    this.form.querySelector("#threads [data-notes]").replaceChildren(...answer.querySelector("[data-notes]").childNodes);
    this.then();
  }
}
