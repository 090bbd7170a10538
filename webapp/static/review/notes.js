// The note on a picture: a dialog with a few lines of text.

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
