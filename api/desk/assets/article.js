// The article: its text with candidates and statements, what is selected, and the keys.

import { identify, labelOf, wordsOf } from "./coded.js";
import { announce, button, h } from "./dom.js";
import { countPoints, cut, findUnit, findWords, makeId, splitAtSpans, trimSpan } from "./text.js";

const QUOTES = /["“”„«»‹›‘’‚']\s*$/;
const CARRIED = ["audience", "occasion", "stated_on"];
const spanOf = (each) => `${each.start}-${each.end}`;

/** Compares two by their place; of those that begin alike, the longer one comes first. */
export const byPlace = (a, b) => a.start - b.start || b.end - a.end;

/** List what there is to look at, in the order of the text. */
export function listItems(ctx) {
  const coded = ctx.draft.statements.map((each) => ({ kind: "coded", key: each.key, start: each.start, end: each.end, statement: each }));
  const seen = new Set(coded.map(spanOf));
  const recorded = ctx.recorded.filter((each) => !seen.has(spanOf(each)))
    .map((each) => ({ kind: "recorded", key: `r${spanOf(each)}`, start: each.start, end: each.end, record: each }));
  recorded.forEach((each) => seen.add(spanOf(each)));
  const open = ctx.candidates.filter((each) => !seen.has(spanOf(each)) && !ctx.draft.declined.includes(spanOf(each)))
    .map((each) => ({ kind: "candidate", key: `c${spanOf(each)}`, start: each.start, end: each.end, candidate: each }));
  return [...coded, ...recorded, ...open].sort(byPlace);
}

/** Find the actor of a draft that words name: by name, or by an office in what they name. */
function findSpeaker(draft, words) {
  const names = (actor) => [actor.name, ...(actor.aliases ?? [])].filter(Boolean);
  const isNamed = (actor) => names(actor).some((each) => ` ${words} `.includes(` ${each} `));
  const named = draft.actors.filter(isNamed);
  const held = draft.actors.filter((actor) => actor.offices?.some((each) => named.some((one) => one.id === each.of || names(one).includes(each.of))));
  return named.find((each) => each.kind === "person") ?? (held.length === 1 && /\s/.test(words) ? held[0] : named[0]);
}

/** Make a statement of a span, with what a candidate tells of it. */
export function makeStatement(ctx, start, end, candidate = null) {
  const { draft } = ctx;
  const before = cut(draft.text, Math.max(0, start - 2), start);
  const made = { key: makeId("s"), start, end, positions: [], preconditions: [],
    keep: candidate ? candidate.attestation !== "indirect" : QUOTES.test(before) };
  const speaker = candidate?.speaker;
  if (speaker?.id) {
    made.speaker = speaker.id;
    draft.labels[`actors/${speaker.id}`] ||= speaker.words;
  } else if (speaker?.words) {
    const own = findSpeaker(draft, speaker.words);
    const name = /(?:^|^\P{Lu}.*,\s+)(\p{Lu}\S*(?:\s+\p{L}{1,3})*\s+\p{Lu}.*)/u.exec(speaker.words)?.[1]; // its general secretary, Ana Bell
    if (own) made.speaker = identify(draft, "actors", own);
    else made[name ? "speaker" : "speaker_as"] = name ?? speaker.words;
  }
  if (candidate) made._guess = { ...candidate.guess, cue: candidate.cue };
  const last = made.speaker && draft.statements.filter((each) => each.speaker === made.speaker).at(-1);
  for (const name of last ? CARRIED : []) if (last[name]) made[name] = last[name];
  draft.statements.push(made);
  draft.statements.sort(byPlace);
  return made;
}

/** Draw the article into its pane. `act` has accept, decline, mark, add, edit, remove and undo. */
export function drawArticle(ctx, act) {
  const body = h("div", { class: "text", id: "text", tabindex: "0", role: "region", "aria-label": "Article", dir: "auto",
    lang: ctx.draft.source.language || undefined, onclick: point });
  const find = h("input", { id: "find", placeholder: "its first words … its last words", onkeydown: pressFind, oninput: () => seek(ctx.findFrom) });
  const found = h("small", { id: "found", role: "status" });
  const tool = (key, name, run, title) => button(h("span", {}, name, " ", h("kbd", {}, key)), run, { title });
  const tools = h("div", { class: "tools", role: "toolbar", "aria-label": "Article" },
    tool("k", "Back", () => move(-1)), tool("j", "Next", () => move(1)),
    tool("a", "Accept", act.accept), tool("d", "Decline", act.decline),
    tool("m", "Mark selection", mark), tool("p", "+ Position", () => act.add("positions")),
    tool("c", "+ Condition", () => act.add("preconditions")), tool("z", "Undo", act.undo));
  const finder = h("p", { class: "finder" }, h("label", { for: "find" }, "Find words ", h("kbd", {}, "s")), find, found);
  let span = null;

  function draw() {
    const items = listItems(ctx), { text } = ctx.draft;
    const pieces = splitAtSpans(countPoints(text), span ? [...items, { start: span[0], end: span[1], kind: "found", key: "" }] : items);
    body.dataset.current = ctx.current ?? "";
    let unit = 0;
    body.replaceChildren(...pieces.map(({ start, end, over }) => {
      const next = unit + findUnit(text.slice(unit), end - start), words = text.slice(unit, next);
      unit = next;
      if (!over.length) return document.createTextNode(words);
      const kinds = new Set(over.map((each) => each.kind));
      if (over.some((each) => each.key && each.key === ctx.current)) kinds.add("current");
      const nearest = over.reduce((a, b) => (b.end - b.start < a.end - a.start ? b : a));
      return h("span", { class: [...kinds].join(" "), "data-key": nearest.key }, words);
    }));
  }

  function show() {
    draw();
    const shown = body.querySelector(".current");
    if (shown) {
      const [outer, inner] = [body.getBoundingClientRect(), shown.getBoundingClientRect()];
      if (inner.top < outer.top + 20 || inner.bottom > outer.bottom - 20) body.scrollTop += inner.top - outer.top - outer.height / 3;
    }
  }

  function select(key, { quiet = false } = {}) {
    ctx.current = key;
    show();
    act.selected();
    const items = listItems(ctx), index = items.findIndex((each) => each.key === key);
    if (!quiet && index >= 0) announce(tellItem(ctx, items[index], index, items.length));
  }

  function move(step) {
    const items = listItems(ctx);
    if (!items.length) { announce("Nothing is marked. Press s to find words."); return; }
    const at = items.findIndex((each) => each.key === ctx.current);
    const next = at < 0 ? (step > 0 ? items.findIndex((each) => each.start >= (ctx.place ?? 0)) : items.length - 1) : at + step;
    const chosen = items[Math.min(Math.max(next, 0), items.length - 1)];
    if (at >= 0 && (next < 0 || next >= items.length)) announce(next < 0 ? "This is the first one." : "This is the last one.");
    else select(chosen.key);
  }

  function readSelection() {
    const selection = getSelection();
    if (!selection.rangeCount || selection.isCollapsed || !body.contains(selection.anchorNode) || !body.contains(selection.focusNode)) return null;
    const range = selection.getRangeAt(0), before = document.createRange();
    before.selectNodeContents(body);
    before.setEnd(range.startContainer, range.startOffset);
    const from = before.toString().length;
    return trimSpan(ctx.draft.text, from, from + range.toString().length);
  }

  function mark() {
    const chosen = readSelection() ?? ctx.selection;
    if (!chosen) { announce("Select words first, or press s to find them."); return; }
    getSelection().removeAllRanges();
    ctx.selection = null;
    act.mark(...chosen);
  }

  function point(event) {
    if (!getSelection().isCollapsed) return;
    const key = event.target.closest("[data-key]")?.dataset.key;
    if (key) select(key);
  }

  /** Run the command of a key that was pressed anywhere but in a field. */
  function press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.length > 1 && event.target !== body && event.target !== document.body) return; // Enter is a button's own
    const run = {
      j: () => move(1), k: () => move(-1), a: act.accept, d: act.decline, m: mark, s: () => find.focus(), e: act.edit, w: act.finish, n: act.goToNew,
      p: () => act.add("positions"), c: () => act.add("preconditions"), z: act.undo, Enter: act.accept, Delete: act.remove,
    }[event.key.length > 1 ? event.key : event.key.toLowerCase()];
    if (!run) return;
    event.preventDefault();
    body.focus({ preventScroll: true });
    run();
  }

  function seek(after) {
    span = findWords(ctx.draft.text, find.value, after);
    found.textContent = !find.value.trim() ? "" : span ? "Enter marks it, ↓ goes to the next place" : "These words are not in the text.";
    draw();
    body.querySelector(".found")?.scrollIntoView({ block: "nearest" });
  }

  function pressFind(event) {
    if (event.key === "ArrowDown") { event.preventDefault(); seek(span ? span[0] + 1 : 0); return; }
    if (event.key !== "Enter" && event.key !== "Escape") return;
    event.preventDefault();
    const chosen = span;
    find.value = "";
    seek(0);
    body.focus();
    if (event.key === "Enter" && chosen) { ctx.findFrom = chosen[0]; act.mark(...chosen); }
  }

  const keep = () => { const chosen = readSelection(); if (chosen) ctx.selection = chosen; };
  document.addEventListener("selectionchange", keep);
  ctx.closing.push(() => document.removeEventListener("selectionchange", keep));
  draw();
  return { node: h("section", { class: "article", "aria-label": "Article and tools" }, tools, finder, body), body, press, select, move, show };
}

/** Tell of an item to those who listen. */
function tellItem(ctx, item, index, count) {
  const where = `${index + 1} of ${count}`;
  if (item.kind === "coded") return `Statement, ${where}: ${wordsOf(ctx.draft, item.statement)}`;
  if (item.kind === "recorded") return `On record, ${where}: ${cut(ctx.draft.text, item.start, item.end)}`;
  const { speaker, guess, exact } = item.candidate;
  const who = speaker ? labelOf(ctx.draft, "actors", speaker.id ?? "") || speaker.words : "speaker not found";
  return `Candidate, ${where}: ${exact} – ${who}${guess?.force ? `, perhaps ${guess.force}` : ""}`;
}
