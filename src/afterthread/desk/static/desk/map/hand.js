// The thread in hand: chosen once, scanned or from stock, it goes into every further row.
const FILLED = ["product", "lot", "expires", "kind", "material", "fixation", "path", "gauge", "length_mm"];

export class Hand {
  /** @param {(text: string) => void} tell announces; @param {(values: object) => void} use is told what was scanned */
  constructor(form, address, say, tell, use) {
    Object.assign(this, { form, address, say, tell, use });
    this.part = form.querySelector("[data-hand]");
    this.code = this.field("code");
    this.code.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault(); // a scanner types Enter at the end
      this.scan();
    });
    form.querySelector("#s-scan").addEventListener("click", (event) => {
      event.preventDefault();
      this.scan();
    });
    this.field("stock").addEventListener("change", () => this.#fromStock());
    this.field("lot").addEventListener("input", () => { this.field("stock").value = ""; });
  }

  field(name) {
    return this.form.elements[`s-${name}`];
  }

  /** What every further thread is. */
  get values() {
    const found = {};
    for (const input of this.part.querySelectorAll("[name^='s-']")) if (input.name !== "s-code" && input.value) found[input.name.slice(2)] = input.value;
    return found;
  }

  #fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const field = this.field(name);
      if (field) field.value = value ?? "";
    }
  }

  #fromStock() {
    const chosen = this.field("stock").selectedOptions[0];
    if (!chosen.value) return;
    this.#fill(Object.fromEntries(FILLED.map((name) => [name, chosen.dataset[name]])));
    this.field("udi").value = "";
  }

  async scan() {
    const body = new FormData(), says = this.part.querySelector("[data-scanned]");
    body.set("code", this.code.value);
    body.set("csrfmiddlewaretoken", this.form.elements.csrfmiddlewaretoken.value);
    try {
      const answer = await fetch(this.address, { method: "POST", body });
      if (!answer.ok) throw new Error(String(answer.status));
      const found = await answer.json();
      const values = Object.fromEntries([...FILLED, "stock"].map((name) => [name, found[name]]).filter(([, value]) => value));
      if (found.lot || found.product) values.udi = found.text ?? this.code.value;
      if (values.lot && !values.stock) this.field("stock").value = "";
      this.#fill(values);
      if (values.lot) {
        this.code.value = "";
        this.use(values);
      }
      says.textContent = found.problem || this.say("read", { about: [found.product, found.lot].filter(Boolean).join(", ") });
    } catch {
      says.textContent = this.say("unread");
    }
  }
}
