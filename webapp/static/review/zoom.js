// The picture in full size: a dialog to scroll or drag about in. A small one fills the window.

export class Zoom {
  #dialog;
  #view;

  /** `closes(key)` says whether a key, beside Esc, leaves the dialog. */
  constructor(dialog, closes) {
    this.#dialog = dialog;
    this.#view = dialog.querySelector("[data-part=full]");
    dialog.addEventListener("close", () => this.#view.replaceChildren());
    dialog.addEventListener("keydown", (event) => {
      if (!closes(event.key) || event.repeat) return;
      event.preventDefault();
      event.stopPropagation();
      dialog.close();
    });
    this.#view.addEventListener("pointerdown", (event) => this.#drag(event));
  }

  open(item) {
    const image = new Image();
    image.alt = item.alt;
    image.draggable = false;
    image.referrerPolicy = "no-referrer";
    image.addEventListener("load", () => {
      const small = image.naturalWidth <= innerWidth && image.naturalHeight <= innerHeight;
      image.classList.toggle("fitted", small);
    });
    image.src = item.full;
    this.#view.replaceChildren(image);
    this.#dialog.showModal();
    this.#view.focus();
  }

  #drag(event) {
    // fingers scroll by themselves
    if (event.pointerType === "touch" || event.button !== 0) return;
    const view = this.#view;
    view.setPointerCapture(event.pointerId);
    const move = ({ movementX, movementY }) => view.scrollBy(-movementX, -movementY);
    const stop = () => view.removeEventListener("pointermove", move);
    view.addEventListener("pointermove", move);
    view.addEventListener("lostpointercapture", stop, { once: true });
  }
}
