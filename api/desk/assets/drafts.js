// Drafts in this browser (IndexedDB). One tab at a time writes a draft; others follow it.

import { makeId } from "./text.js";

const PAUSE = 250;
const channel = new BroadcastChannel("sinequanon-drafts");

const opened = new Promise((resolve, reject) => {
  const asked = indexedDB.open("sinequanon-desk", 1);
  asked.onupgradeneeded = () => asked.result.createObjectStore("drafts", { keyPath: "id" });
  asked.onsuccess = () => resolve(asked.result);
  asked.onerror = () => reject(new Error("This browser stores no drafts: allow site data for this page."));
});

async function use(mode, act) {
  const transaction = (await opened).transaction("drafts", mode, { durability: "strict" });
  return new Promise((resolve, reject) => {
    let result;
    transaction.oncomplete = () => resolve(result);
    transaction.onabort = () => reject(transaction.error ?? new Error("The draft could not be stored."));
    act(transaction.objectStore("drafts"), (value) => { result = value; });
  });
}

export const listDrafts = () => use("readonly", (store, done) => {
  const asked = store.getAll();
  asked.onsuccess = () => done(asked.result.sort((a, b) => (a.at < b.at ? 1 : -1)));
});

export const readDraft = (id) => use("readonly", (store, done) => {
  const asked = store.get(id);
  asked.onsuccess = () => done(asked.result);
});

export async function removeDraft(id) {
  await use("readwrite", (store) => store.delete(id));
  channel.postMessage({ id });
}

/** Make a draft with a text. */
export function makeDraft(text = "") {
  return {
    id: makeId("draft"), rev: 0, at: new Date().toISOString(), text, attach: false, conflict: "",
    source: { kind: "news_report", language: "en" }, statements: [], declined: [], labels: {}, sent: null,
    actors: [], propositions: [], issues: [], conflicts: [], proposals: [], axioms: [], sources: [],
  };
}

/**
 * Store a draft, unless another tab stored a later one. Then this one is stored beside it, under
 * an id of its own, and is returned with `beside`: the id of the other. Nothing is overwritten.
 */
export async function storeDraft(draft) {
  const stored = await use("readwrite", (store, done) => {
    const asked = store.get(draft.id);
    asked.onsuccess = () => {
      const beside = asked.result && asked.result.rev !== draft.rev ? draft.id : draft.beside;
      const id = beside && beside !== draft.beside ? makeId("draft") : draft.id;
      const next = { ...draft, id, beside, rev: draft.rev + 1, at: new Date().toISOString() };
      store.put(next);
      done(next);
    };
  });
  channel.postMessage({ id: stored.id, rev: stored.rev });
  return stored;
}

/** Follow what other tabs store; returns how to stop. */
export function followDrafts(listener) {
  const hear = ({ data }) => listener(data);
  channel.addEventListener("message", hear);
  return () => channel.removeEventListener("message", hear);
}

/** Keeps one draft stored while a person changes it. `onstate` is told saved, waiting or beside. */
export class DraftKeeper {
  constructor(draft, onstate) {
    Object.assign(this, { draft, onstate, timer: 0, pending: null, release: null, dirty: false });
    this.flush = this.flush.bind(this);
    addEventListener("pagehide", this.flush);
    addEventListener("visibilitychange", this.flush);
  }

  /** Become the tab that writes; returns whether no other tab is. */
  async claim(steal = false) {
    if (!navigator.locks) return true; // over plain HTTP; storeDraft notices a later revision
    return new Promise((resolve) => {
      const held = () => new Promise((release) => { this.release = release; resolve(true); });
      navigator.locks.request(`draft-${this.draft.id}`, steal ? { steal } : { ifAvailable: true },
        (lock) => (lock ? held() : resolve(false))).catch(async () => { await this.flush(); this.onstate("taken"); });
    });
  }

  change() {
    this.dirty = true;
    this.onstate("waiting");
    this.timer ||= setTimeout(this.flush, PAUSE);
  }

  async flush() {
    clearTimeout(this.timer);
    this.timer = 0;
    if (!this.dirty || this.pending) return this.pending;
    this.dirty = false;
    this.pending = storeDraft(this.draft).then((stored) => {
      const parted = stored.id !== this.draft.id;
      Object.assign(this.draft, { id: stored.id, rev: stored.rev, beside: stored.beside });
      this.onstate(parted ? "beside" : this.dirty ? "waiting" : "saved");
    }, (error) => { this.dirty = true; this.onstate("failed", error); })
      .finally(() => { this.pending = null; if (this.dirty) this.timer ||= setTimeout(this.flush, PAUSE); });
    return this.pending;
  }

  async close() {
    removeEventListener("pagehide", this.flush);
    removeEventListener("visibilitychange", this.flush);
    await this.flush();
    this.release?.();
  }
}
