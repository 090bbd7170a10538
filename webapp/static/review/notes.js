// The note on a picture: a dialog with a few lines of text, and what it holds before the verdict.

export class Notes {
  #dialog;
  #text;
  #about = null;

  /** `save(entry, text)` is called with the trimmed text, null where there is none. */
  constructor(dialog, save) {
    this.#dialog = dialog;
    this.#text = dialog.querySelector("textarea");
    dialog.querySelector("form").addEventListener("submit", () => {
      save(this.#about, this.#text.value.trim() || null);
    });
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        dialog.querySelector("form").requestSubmit();
      }
    });
  }

  open(entry) {
    this.#about = entry;
    this.#text.value = entry.note ?? "";
    this.#dialog.showModal();
    this.#text.focus();
  }
}

/** The notes on pictures not judged yet: in the browser, until the verdict takes them along. */
export class Drafts {
  #notes = new Map();
  #prefix;

  constructor({ reviewer, round }) {
    this.#prefix = `proofsheet-note-${reviewer.id}-${round.uuid}-`;
  }

  /** @returns {string|null} */
  get(position) {
    try {
      return localStorage.getItem(this.#prefix + position);
    } catch {
      return this.#notes.get(position) ?? null;
    }
  }

  /** Keep the note on the picture at a position; null: forget it. */
  set(position, note) {
    this.#notes.set(position, note);
    try {
      if (note === null) localStorage.removeItem(this.#prefix + position);
      else localStorage.setItem(this.#prefix + position, note);
    } catch {
      // kept for this page only
    }
  }
}
