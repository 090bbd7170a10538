// From keys to actions: one map, that the buttons show and the key map changes.

import { keyName } from "./words.js";

/**
 * @typedef {object} Action
 * @property {string} name
 * @property {string[]} keys  As KeyboardEvent.key names them; the first is the reviewer's own.
 * @property {string} title
 * @property {string} hint
 * @property {string|null} verdict
 * @property {number|null} rank
 */

export class Keys {
  /** @type {Action[]} */
  actions;
  #ofKey = new Map();

  constructor(actions) {
    this.actions = actions;
    this.#index();
  }

  /** @returns {Action|undefined} */
  named = (name) => this.actions.find((action) => action.name === name);

  /** Whether a key does the action called `name`. */
  is = (name, key) => this.#ofKey.get(key.toLowerCase())?.name === name;

  /** What the buttons call a verdict. */
  get titles() {
    const verdicts = this.actions.filter(({ verdict, rank }) => verdict && !rank);
    return new Map(verdicts.reverse().map(({ verdict, title }) => [verdict, title]));
  }

  /** Put actions on other keys: {name: key}. */
  change(keys) {
    for (const [name, key] of Object.entries(keys)) this.named(name)?.keys.splice(0, 1, key);
    this.#index();
  }

  /** Call `act(action, at)` for each key pressed, unless it is meant for something else. */
  listen(act) {
    document.addEventListener("keydown", (event) => {
      const action = this.#ofKey.get(event.key?.toLowerCase());
      if (!action || event.defaultPrevented || event.isComposing || meantElsewhere(event)) return;
      event.preventDefault();
      // a key held down walks, but judges nothing and takes nothing back
      if (event.repeat && !["back", "forward"].includes(action.name)) return;
      act(action, event.timeStamp);
    });
  }

  #index() {
    this.#ofKey = new Map(
      this.actions.flatMap((action) => action.keys.map((key) => [key.toLowerCase(), action])),
    );
    for (const { name, keys } of this.actions) {
      for (const cap of document.querySelectorAll(`[data-key-of="${name}"]`)) {
        cap.textContent = keyName(keys[0]);
      }
    }
  }
}

function meantElsewhere({ ctrlKey, altKey, metaKey, target }) {
  if (ctrlKey || altKey || metaKey || document.querySelector("dialog[open]")) return true;
  const field = target.closest?.("input, textarea, select, [contenteditable]");
  // a dialog that has just been closed keeps the focus for a moment
  return Boolean(field && !field.closest("dialog"));
}
