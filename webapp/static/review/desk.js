// What the reviewer does: a verdict, undo, walking back and forth, a note.

import { prepare } from "./picture.js";
import { placeholder } from "./stage.js";
import { plain } from "./words.js";

/** Verdicts that say nothing of the picture, and so need none. */
const OPEN = ["skip", "unsure"];
/** Verdicts about the predictions, and so none while their labels are hidden. */
const PREDICTIONS = ["top1", "topk", "none", "novocab"];

/** @typedef {import("./queue.js").Entry} Entry */

export class Desk {
  /** Where in the trail the stage is; null: at the picture to judge next. */
  #at = null;
  #said = "";
  /** A verdict that waits for the server to say that its picture is still this reviewer's. */
  #pending = null;
  #loading = null;
  #p;

  /**
   * @param {object} parts  config, api, queue, trail, outbox, sender, stage, panel, strip, blind,
   *   voice, progress, titles
   */
  constructor(parts) {
    this.#p = parts;
  }

  /** @returns {Entry|undefined} */
  get entry() {
    return this.#at === null ? this.#p.queue.entries[0] : this.#p.trail.entries[this.#at];
  }

  /** Give a verdict on what is shown; `at` is when the key went down. */
  judge(verdict, rank, at) {
    const { stage, blind, queue, trail, voice, titles } = this.#p;
    const entry = this.entry;
    if (!entry || stage.entry !== entry || !stage.painted) return;
    if (rank > entry.item.predictions.length) return;
    if (!OPEN.includes(verdict) && !stage.judgeable) {
      return voice.hint("There is no picture to judge: skip it.");
    }
    if (PREDICTIONS.includes(verdict) && blind.hidesLabels) {
      return voice.hint("Show the labels first.");
    }
    if (this.#at === null && !queue.sure) {
      this.#pending ??= { entry, verdict, rank, at };
      return queue.ask();
    }
    document.dispatchEvent(new CustomEvent("verdict", { detail: { at } }));
    const label = entry.item.predictions[(verdict === "top1" ? 1 : rank) - 1]?.[0];
    const said = `${titles.get(verdict)}${label ? `: ${plain(label)}` : ""}.`;
    if (this.#at === null) {
      queue.entries.shift();
      this.#p.progress.count(1);
    } else {
      this.#at = this.#at + 1 < trail.entries.length ? this.#at + 1 : null;
    }
    this.#record(entry, { verdict, rank, seconds: stage.seconds, blind: blind.mode });
    this.#show(said);
    queue.refill();
  }

  /** Take the last verdict back and bring its picture onto the stage. */
  async undo() {
    const { queue, trail, voice, config, titles } = this.#p;
    if (trail.entries.length === 0 && (await this.older()) === undefined) return;
    const entry = trail.takeLast();
    if (!entry) return voice.hint("There is nothing to take back.");
    const { uuid: judgment, verdict } = entry.judgment;
    this.#post({ kind: "retract", round: config.round.uuid, judgment }, entry);
    entry.judgment = null;
    queue.entries.unshift(entry);
    this.#p.progress.count(-1);
    this.#at = null;
    this.#show(`Taken back: ${titles.get(verdict)}.`);
  }

  /** Look at the verdict given before. */
  async back() {
    const { trail, voice } = this.#p;
    const at = this.#at ?? trail.entries.length;
    if (at > 0) return this.#walk(at - 1);
    const added = await this.older();
    if (added) this.#walk(added - 1);
    else if (added === 0) voice.hint("This is the first picture that you judged.");
  }

  /** Go towards the picture to judge. */
  forward() {
    if (this.#at === null) return this.#p.voice.hint("This is the next picture to judge.");
    this.#walk(this.#at + 1);
  }

  /** Look at a judged picture again. */
  pick(entry) {
    const at = this.#p.trail.entries.indexOf(entry);
    if (at >= 0) this.#walk(at);
  }

  /** Write a note on a picture; on a judged one it renews the verdict. */
  annotate(entry, note) {
    const { panel, voice } = this.#p;
    if (entry.note === note) return;
    entry.note = note;
    if (entry.judgment) {
      const { verdict, rank, blind } = entry.judgment;
      this.#record(entry, { verdict, rank, seconds: null, blind: blind ?? this.#p.blind.mode });
    }
    if (this.entry === entry) panel.show(entry);
    this.#strip();
    voice.hint(note ? "The note is kept." : "The note is gone.");
  }

  /** Show what is to be shown now, if it is not there already. */
  refresh() {
    const { queue, stage } = this.#p;
    const pending = this.#pending;
    if (pending && pending.entry === this.entry && queue.sure) {
      this.#pending = null;
      return this.judge(pending.verdict, pending.rank, pending.at);
    }
    if (!this.entry || stage.entry !== this.entry) this.#show();
    else this.#strip();
  }

  /** Take a verdict that the server refused off the trail, or an undo out of the queue. */
  refused({ uuid, kind, round }, position) {
    const { config, queue, trail } = this.#p;
    if (round !== config.round.uuid) return;
    const shown = this.entry;
    if (kind === "judge") {
      trail.entries = trail.entries.filter(({ judgment }) => judgment.uuid !== uuid);
    } else queue.entries = queue.entries.filter(({ item }) => item.position !== position);
    const at = trail.entries.indexOf(shown);
    this.#at = at < 0 ? null : at;
    this.refresh();
  }

  /** Tell of the picture that is shown by now. */
  tell(entry) {
    const { voice, stage, blind, titles } = this.#p;
    const what = stage.judgeable
      ? blind.first(entry.item.predictions[0])
      : `, ${placeholder(entry)[0].toLowerCase()}`;
    const number = entry.item.position + 1;
    const next = entry.judgment
      ? `Picture ${number}${what}, marked: ${titles.get(entry.judgment.verdict)}`
      : `Next: picture ${number}${what}`;
    voice.announce(`${this.#said} ${next}`.trim());
    this.#said = "";
    this.#strip();
  }

  #walk(at) {
    const { entries } = this.#p.trail;
    this.#at = at < entries.length ? at : null;
    this.#show();
  }

  /** Load older verdicts; return how many, or undefined where they cannot be had now. */
  older() {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = null)));
  }

  async #load() {
    const { trail, queue, outbox, config, voice } = this.#p;
    const unsettled = outbox.positions(config.round.uuid);
    const taken = (position) => queue.held.includes(position) || unsettled.has(position);
    try {
      let added = 0;
      while (trail.more && !added) added = await trail.load(taken);
      if (this.#at !== null) this.#at += added;
      if (this.#at === null) trail.prepare(trail.entries.length);
      this.#strip();
      return added;
    } catch {
      voice.hint("Older verdicts cannot be loaded now.");
      return undefined;
    }
  }

  #record(entry, { verdict, rank, seconds, blind }) {
    const { config, trail } = this.#p;
    const { position } = entry.item;
    const judge = { kind: "judge", round: config.round.uuid, position, verdict, rank };
    const uuid = this.#post({ ...judge, note: entry.note, seconds, blind }, entry);
    trail.mark(entry, { uuid, verdict, rank, blind });
  }

  #post(event, entry) {
    const uuid = newUuid();
    this.#p.outbox.add({ ...event, uuid }, entry.item.position);
    this.#p.sender.send();
    return uuid;
  }

  #show(said = "") {
    const { api, stage, panel, blind, trail, voice } = this.#p;
    this.#said = said;
    this.#pending = null;
    voice.clear();
    blind.revealed = false;
    trail.prepare(this.#at ?? trail.entries.length);
    const { entry } = this;
    if (entry) {
      prepare(entry, api);
      stage.show(entry);
      if (entry.picture.state === "loading") this.tell(entry);
    } else {
      const [title, text, link] = this.#nothing();
      stage.tell(title, text, link);
      voice.announce(`${said} ${title}. ${text}`.trim());
      this.#strip();
    }
    panel.show(entry ?? null);
  }

  /** What is said where there is no picture to judge: title, text and perhaps a link. */
  #nothing() {
    const { api, config, outbox, queue, progress } = this.#p;
    const rounds = { href: config.urls.rounds, text: "See the rounds" };
    if (queue.state === "failed") return [queue.sentence, "", rounds];
    if (queue.state === "closed") return ["This round is closed", progress.text, rounds];
    if (outbox.waiting.length > 0) return ["Your last verdicts are on their way", ""];
    if (queue.state === "done") return ["This round is done for you", progress.text, rounds];
    if (queue.state === "waiting") {
      return ["Nothing free at the moment", "Others are looking at the last pictures."];
    }
    return api.state === "online"
      ? ["The next pictures are on their way", ""]
      : ["No pictures are left here", "More come with the connection."];
  }

  #strip() {
    const { queue, trail, strip } = this.#p;
    strip.show([...trail.entries, ...queue.entries], this.#at ?? trail.entries.length);
  }
}

/** A random UUID; crypto.randomUUID() is there in secure contexts only. */
function newUuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
