// What the reviewer does: a verdict, undo, walking back and forth, a note.

import { prepare } from "./picture.js";
import { nothing, placeholder } from "./stage.js";
import { plain } from "./words.js";

/** Verdicts that say nothing of the picture, and so need none. */
const OPEN = ["skip", "unsure"];
/** Verdicts about the predictions, and so none while their labels are hidden. */
const PREDICTIONS = ["top1", "topk", "none", "novocab"];

/** Milliseconds after which a question to the server is spoken of. */
const SOON = 300;

/** @typedef {import("./queue.js").Entry} Entry */

export class Desk {
  /** Where in the trail the stage is; null: at the picture to judge next. */
  #at = null;
  #said = "";
  /** A verdict that waits for the server to say that its picture is still this reviewer's. */
  #pending = null;
  #loading = null;
  /** Whether an undo or a step back waits for older verdicts: nothing else is done meanwhile. */
  #recalling = false;
  #p;

  /**
   * @param {object} parts  config, api, queue, trail, outbox, sender, stage, panel, strip, blind,
   *   voice, progress, titles, drafts
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
    const { stage, blind, queue, voice } = this.#p;
    const entry = this.entry;
    if (!entry || stage.entry !== entry || this.#busy()) return;
    if (entry.picture.state === "loading") return voice.hint("The picture is still loading.");
    if (!stage.painted) return;
    if (rank > entry.item.predictions.length) return;
    if (!OPEN.includes(verdict) && !stage.judgeable) {
      return voice.hint("There is no picture to judge: skip it.");
    }
    if (PREDICTIONS.includes(verdict) && blind.hidesLabels) {
      return voice.hint("Show the labels first.");
    }
    const given = { entry, verdict, rank, at, seconds: stage.seconds, blind: blind.mode };
    if (this.#at !== null || queue.sure) return this.#give(given);
    this.#pending = given;
    const asked = "The server is asked whether this picture is still yours.";
    setTimeout(() => this.#pending === given && voice.hint(asked), SOON);
    queue.ask();
  }

  #give({ entry, verdict, rank, at, seconds, blind }) {
    const { queue, trail, titles, drafts } = this.#p;
    document.dispatchEvent(new CustomEvent("verdict", { detail: { at } }));
    const label = entry.item.predictions[(verdict === "top1" ? 1 : rank) - 1]?.[0];
    const said = `${titles.get(verdict)}${label ? `: ${plain(label)}` : ""}.`;
    if (this.#at === null) {
      queue.entries.shift();
      this.#p.progress.count(1);
    } else {
      this.#at = this.#at + 1 < trail.entries.length ? this.#at + 1 : null;
    }
    const { position } = entry.item;
    const judge = { kind: "judge", position, verdict, rank, note: entry.note, seconds, blind };
    trail.mark(entry, { uuid: this.#post(judge, entry), verdict, rank, blind });
    drafts.set(position, null);
    this.#show(said);
    queue.refill();
  }

  /** Take the last verdict back and bring its picture onto the stage. */
  async undo() {
    const { queue, trail, voice, titles, drafts } = this.#p;
    if (this.#busy()) return;
    if (this.#pending) {
      this.#pending = null;
      return voice.hint("Taken back before it was given.");
    }
    if (trail.entries.length === 0 && (await this.#recall()) === undefined) return;
    const entry = trail.takeLast();
    if (!entry) return voice.hint("There is nothing to take back.");
    const { uuid: judgment, verdict } = entry.judgment;
    this.#post({ kind: "retract", judgment }, entry);
    entry.judgment = null;
    drafts.set(entry.item.position, entry.note);
    queue.entries.unshift(entry);
    this.#p.progress.count(-1);
    this.#at = null;
    this.#show(`Taken back: ${titles.get(verdict)}.`);
  }

  /** Look at the verdict given before. */
  async back() {
    const { trail, voice } = this.#p;
    if (this.#busy()) return;
    const at = this.#at ?? trail.entries.length;
    if (at > 0) return this.#walk(at - 1);
    const added = await this.#recall();
    if (added) this.#walk(added - 1);
    else if (added === 0) voice.hint("This is the first picture that you judged.");
  }

  /** Go towards the picture to judge. */
  forward() {
    if (this.#busy()) return;
    if (this.#at === null) return this.#p.voice.hint("This is the next picture to judge.");
    this.#walk(this.#at + 1);
  }

  /** Look at a judged picture again. */
  pick(entry) {
    const at = this.#p.trail.entries.indexOf(entry);
    if (at >= 0 && !this.#busy()) this.#walk(at);
  }

  /** Write a note on a picture; on a judged one it renews the verdict. */
  annotate(entry, note) {
    const { panel, voice, trail, drafts } = this.#p;
    if (entry.note === note) return;
    entry.note = note;
    const { position } = entry.item;
    if (entry.judgment) {
      const { uuid: renews, verdict, rank, blind } = entry.judgment;
      const judge = { kind: "judge", position, verdict, rank, note, seconds: null, blind, renews };
      trail.renew(entry, this.#post(judge, entry));
    } else drafts.set(position, note);
    if (this.entry === entry) panel.show(entry);
    this.#strip();
    voice.hint(note ? "The note is kept." : "The note is gone.");
  }

  /** Show what is to be shown now, if it is not there already. */
  refresh() {
    const { queue, stage, progress } = this.#p;
    const held = new Set(queue.held);
    // what was put back is to be judged again
    if (this.#strike(({ item }) => held.has(item.position))) progress.ask();
    const pending = this.#pending;
    if (pending && pending.entry === this.entry && queue.sure) {
      this.#pending = null;
      return this.#give(pending);
    }
    if (!this.entry || stage.entry !== this.entry) this.#show();
    else this.#strip();
  }

  /** Take a verdict that the server refused off the trail, or an undo out of the queue. */
  refused({ uuid, kind, round }, position) {
    const { config, queue, progress } = this.#p;
    if (round !== config.round.uuid) return;
    if (kind === "judge") this.#strike(({ judgment }) => judgment.uuid === uuid);
    else queue.entries = queue.entries.filter(({ item }) => item.position !== position);
    progress.ask();
    this.refresh();
  }

  /** Take entries off the trail whose verdicts do not stand; say whether there were any. */
  #strike(fell) {
    const { trail } = this.#p;
    const shown = this.entry;
    const standing = trail.entries.filter((entry) => !fell(entry));
    if (standing.length === trail.entries.length) return false;
    trail.entries = standing;
    const at = standing.indexOf(shown);
    this.#at = at < 0 ? null : at;
    return true;
  }

  /** Whether an undo or a step back has yet to come, which is told. */
  #busy() {
    if (this.#recalling) this.#p.voice.hint("Loading your earlier verdicts.");
    return this.#recalling;
  }

  /** Load older verdicts because somebody asked for one. */
  async #recall() {
    this.#recalling = true;
    this.#busy();
    const added = await this.older();
    this.#recalling = false;
    // another tab may have taken over
    return this.#p.queue.active ? added : undefined;
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
    const waiting = outbox.about(config.round.uuid);
    try {
      let added = 0;
      while (trail.more && !added) added = await trail.load(() => queue.held, waiting);
      if (this.#at !== null) this.#at += added;
      if (this.#at === null) trail.prepare(trail.entries.length);
      this.#strip();
      return added;
    } catch {
      voice.hint("Older verdicts cannot be loaded now.");
      return undefined;
    }
  }

  #post(event, entry) {
    const { config, outbox, sender } = this.#p;
    const uuid = outbox.add({ ...event, round: config.round.uuid }, entry.item);
    sender.send();
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
      const [title, text, link] = nothing(this.#p);
      stage.tell(title, text, link);
      voice.announce(`${said} ${title}. ${text}`.trim());
      this.#strip();
    }
    panel.show(entry ?? null);
  }

  #strip() {
    const { queue, trail, strip } = this.#p;
    strip.show([...trail.entries, ...queue.entries], this.#at ?? trail.entries.length);
  }
}
