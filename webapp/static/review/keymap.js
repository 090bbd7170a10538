// The key map: a dialog that lists what each key does, and changes it.

import { keyName } from "./words.js";

const MODIFIERS = ["Shift", "Control", "Alt", "AltGraph", "Meta", "CapsLock"];
const CHOOSE = "choose a letter, a number or a sign";

export class KeyMap {
  #dialog;
  #keys;
  #save;
  #capturing = null;

  /** `save(keys)` stores {action name: key} on the server, or throws what says why not. */
  constructor(dialog, keys, save) {
    this.#dialog = dialog;
    this.#keys = keys;
    this.#save = save;
    dialog.addEventListener("click", (event) => {
      const { change, reset } = event.target.closest("button")?.dataset ?? {};
      if (change) this.#capture(change);
      if (reset !== undefined) this.#reset();
    });
    dialog.addEventListener("keydown", (event) => this.#pressed(event));
    // Esc leaves the capture first, then the dialog
    dialog.addEventListener("cancel", (event) => this.#capturing && event.preventDefault());
    dialog.addEventListener("close", () => this.#capture(null));
  }

  open() {
    this.#dialog.showModal();
  }

  #capture(name) {
    this.#capturing = name;
    for (const button of this.#dialog.querySelectorAll("[data-change]")) {
      const { change } = button.dataset;
      const cap = button.querySelector("kbd");
      cap.textContent = change === name ? "press a key" : keyName(this.#keys.named(change).keys[0]);
      button.classList.toggle("capturing", change === name);
    }
    const { title } = this.#keys.named(name) ?? {};
    if (name) this.#say(`Press the new key for ${title}; Esc leaves it as it is.`);
  }

  async #pressed(event) {
    if (!this.#capturing) return;
    event.preventDefault();
    event.stopPropagation();
    const name = this.#capturing;
    if (event.key === "Escape") {
      this.#capture(null);
      return this.#say("");
    }
    if (event.repeat || MODIFIERS.includes(event.key)) return;
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!fit(event.key)) {
      return this.#say(`${event.key === " " ? "Space" : event.key} cannot be used: ${CHOOSE}.`);
    }
    const all = this.#keys.actions.map((action) => [action.name, action.keys[0]]);
    try {
      const { keys } = await this.#save({ ...Object.fromEntries(all), [name]: event.key });
      this.#keys.change(keys);
      this.#say(`${this.#keys.named(name).title} is now on the key ${keyName(event.key)}.`);
    } catch (error) {
      this.#say(error.message);
    }
    this.#capture(null);
  }

  async #reset() {
    try {
      await this.#save({});
      location.reload();
    } catch (error) {
      this.#say(error.message);
    }
  }

  #say(sentence) {
    this.#dialog.querySelector("[data-part=told]").textContent = sentence;
  }
}

/** Whether a key writes one sign, or is an arrow. */
const fit = (key) => (key.length === 1 && key !== " ") || key.startsWith("Arrow");
