// The view of one draft: its source, the article, what is said, and what that changes.

import { ask, loadVocabulary, mayAttach, mayUse, onKey } from "./api.js";
import { byPlace, drawArticle, listItems, makeStatement } from "./article.js";
import { labelOf, listRecords, nameOf, wordsOf } from "./coded.js";
import { announce, attempt, button, h } from "./dom.js";
import { DraftKeeper, followDrafts, readDraft } from "./drafts.js";
import { findRecorded, makeEffect } from "./effect.js";
import { BESIDE, SINGULAR } from "./fields.js";
import { focusForm, focusNext, makeForm } from "./form.js";
import { cut } from "./text.js";

const STATES = { saved: "Saved in this browser", waiting: "Saving…", taken: "Open in another tab", failed: "Not saved!" };

/** Show a draft; returns how to leave it. */
export async function showCoding(main, id) {
  const draft = await readDraft(id);
  if (!draft) { main.replaceChildren(h("h1", {}, "No such draft"), h("p", {}, h("a", { href: "#/" }, "All drafts"))); return () => {}; }
  const state = h("span", { id: "state", role: "status" }, STATES.saved);
  const ctx = { draft, vocabulary: {}, candidates: [], recorded: [], known: null, current: null, closing: [], focusNext, settling: null, undone: [], left: new WeakSet() };
  const keeper = ctx.keeper = new DraftKeeper(draft, onState);
  const stop = followDrafts(({ id: other, rev }) => { if (other === draft.id && rev !== draft.rev && !keeper.dirty && !keeper.pending) reload(); });
  const leave = async () => { stop(); ctx.closing.forEach((each) => each()); await keeper.close(); };
  if (!(await keeper.claim())) { showTaken(main, keeper); return leave; }

  function onState(what, error) {
    state.textContent = error ? `${STATES.failed} ${error.message}` : STATES[what] ?? "";
    state.dataset.state = what;
    if (what === "taken") showTaken(main, keeper);
    if (what === "beside") {
      history.replaceState(null, "", `#/draft/${draft.id}`);
      state.replaceChildren("Another tab changed this draft. Both are kept: ", h("a", { href: `#/compare/${draft.beside}/${draft.id}` }, "compare them"));
    }
  }

  ctx.changed = () => { keeper.change(); effect.schedule(); };
  ctx.redraw = () => drawSaid();
  ctx.madeNew = () => { if (!beside.contains(document.activeElement)) drawBeside(); };
  const act = {
    accept: () => withItem((item) => {
      if (item.kind === "coded") { editStatement(); return; }
      const made = makeStatement(ctx, item.start, item.end, item.candidate);
      if (item.kind === "recorded") Object.assign(made, { onRecord: item.record.id, keep: Boolean(item.record.exact), speaker: item.record.speaker, on_behalf_of: item.record.on_behalf_of });
      become(made);
      announce("Accepted.");
      if (!made.keep && !made.onRecord) editStatement("gist");
    }),
    decline: () => withItem((item) => {
      if (item.kind !== "candidate") { announce("Only a candidate can be declined. Delete removes a statement."); return; }
      article.move(1);
      draft.declined.push(`${item.start}-${item.end}`);
      ctx.undone.push(() => draft.declined.pop());
      ctx.changed();
      article.show();
    }),
    mark: (start, end) => {
      const same = draft.statements.find((each) => each.start === start && each.end === end);
      const candidate = ctx.candidates.find((each) => each.start === start && each.end === end);
      const made = same ?? makeStatement(ctx, start, end, candidate);
      become(made);
      if (!same) editStatement(made.speaker ? "gist" : "speaker");
    },
    add: (noun) => addRecord(noun),
    edit: () => editStatement(),
    remove: () => withItem((item) => {
      if (item.kind !== "coded") return;
      removeFrom(draft.statements, item.statement);
      ctx.current = null;
      ctx.place = item.start;
      ctx.changed();
      refresh();
      announce("Removed. Press z to undo.");
    }),
    undo: () => {
      if (!ctx.undone.length) { announce("Nothing to undo."); return; }
      ctx.undone.pop()();
      ctx.changed();
      refresh();
    },
    selected: () => { leaveForm(); drawSaid(); },
    open: openPlace,
    redraw: refresh,
    goToNew: () => { fresh.open = true; beside.querySelector("button").focus(); },
    finish: () => document.querySelector("#publish:not([hidden]), #hand-in:not([hidden]), #sent").focus(),
  };
  const said = h("div", { id: "said-here" }), beside = h("div", {});
  const article = drawArticle(ctx, act);
  const effect = makeEffect(ctx, act);
  const hear = (event) => { // the keys work wherever the focus is, but in a field
    if (event.defaultPrevented || !article.body.isConnected) return;
    if (event.key === "Escape") article.body.focus({ preventScroll: true });
    else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && ctx.opened) { event.preventDefault(); closeForm(); }
    else if (!event.target.matches('input:not([type="checkbox"]), select, textarea')) article.press(event);
  };
  document.addEventListener("keydown", hear);
  ctx.closing.push(() => document.removeEventListener("keydown", hear));
  const source = h("details", { class: "source", open: !draft.statements.length }, h("summary", {}, h("h2", {}, "Source")));

  function withItem(run) {
    const item = listItems(ctx).find((each) => each.key === ctx.current);
    if (item) run(item); else announce("Press j to go to the next candidate.");
  }
  const leaveForm = () => { if (ctx.opened) ctx.left.add(ctx.opened); ctx.opened = null; }; // what is missing in it is told from now on
  const currentStatement = () => draft.statements.find((each) => each.key === ctx.current);

  /** Remove a record from a list; undoing it puts it back in its place. */
  function removeFrom(list, record) {
    const at = drop(list, record);
    if (at >= 0) ctx.undone.push(() => { list.splice(at, 0, record); if (list === draft.statements) list.sort(byPlace); });
  }

  function become(statement) {
    ctx.changed();
    article.select(statement.key, { quiet: true });
    prefetchHolder(statement);
  }

  function refresh() { article.show(); drawSaid(); drawBeside(); }

  function closeForm() {
    leaveForm();
    refresh();
    article.body.focus({ preventScroll: true });
    here.scrollIntoView({ block: "nearest" });
    effect.schedule();
    Promise.resolve(ctx.settling).then(() => { if (!ctx.opened) refresh(); }); // a name is taken a moment later
  }

  function openForm(record, name) {
    if (ctx.opened !== record) leaveForm();
    ctx.opened = record;
    fresh.open ||= BESIDE.some((noun) => draft[noun].includes(record));
    drawSaid();
    drawBeside();
    const form = document.querySelector(".form[data-open]");
    if (form) focusForm(form, name);
  }

  const editStatement = (name) => { const statement = currentStatement(); if (statement && !statement.onRecord) openForm(statement, name); };

  async function addRecord(noun) {
    const statement = currentStatement();
    if (!statement) { announce("Accept a candidate or mark words first."); return; }
    const guess = statement._guess ?? {};
    const last = statement[noun].at(-1);
    const record = noun === "positions" ? { force: guess.kind === "position" ? guess.force ?? "" : "" }
      : { modality: guess.modality ?? "", cue: guess.cue ?? "", antecedents_kind: guess.antecedents_kind === "stated" ? "" : guess.antecedents_kind ?? "" };
    const guessed = await prefetchHolder(statement); // without a speaker, the next holder may be any
    const holder = guessed && (last?.holder ?? guessed);
    if (holder) record.holder = holder;
    statement[noun].push(record);
    ctx.undone.push(() => drop(statement[noun], record));
    ctx.changed();
    openForm(record);
  }

  /** Find for whom the speaker of a statement speaks: by office, or for themselves. */
  async function prefetchHolder(statement) {
    const named = statement.on_behalf_of || statement.speaker;
    if (!named) return null;
    const read = async (id) => listRecords(draft, "actors").find((each) => each.id === id || each.name === id || each.aliases?.includes(id))
      ?? (/^[a-z0-9-]+$/.test(id) ? ask("GET", `/v1/actors/${id}`).then((told) => told.body, () => null) : null);
    ctx.actors ??= new Map();
    const load = async (id) => { if (!ctx.actors.has(id)) ctx.actors.set(id, await read(id)); return ctx.actors.get(id); };
    let found = named, actor = await load(named);
    const speaksFor = actor?.offices?.find((each) => each.speaks_for && !each.to)?.speaks_for;
    if (speaksFor) { found = speaksFor; actor = await load(speaksFor); }
    if (actor && ["institution", "armed_force"].includes(actor.kind) && actor.part_of) { found = actor.part_of; actor = await load(found); }
    if (actor?.name) draft.labels[`actors/${found}`] ||= actor.name;
    return found;
  }

  function drawSaid() {
    const item = listItems(ctx).find((each) => each.key === ctx.current);
    if (!item) { said.replaceChildren(h("p", { class: "hint" }, "Press ", h("kbd", {}, "j"), " for the next candidate, or select words in the text and press ", h("kbd", {}, "m"), ".")); return; }
    if (item.kind === "coded") { said.replaceChildren(...drawStatement(item.statement)); return; }
    const words = cut(draft.text, item.start, item.end);
    const who = item.candidate?.speaker ? labelOf(draft, "actors", item.candidate.speaker.id ?? "") || item.candidate.speaker.words : item.record?.speaker;
    said.replaceChildren(h("blockquote", { dir: "auto" }, words), h("p", {}, who ?? "No speaker was found."),
      item.kind === "recorded" ? h("p", { class: "hint" }, `On record since ${item.record.recorded_at?.slice(0, 10)}, by ${item.record.recorded_by}. Accept it to add a position.`) : "",
      h("p", { class: "row" }, button("Accept", act.accept), item.kind === "candidate" ? button("Decline", act.decline) : ""));
  }

  function drawStatement(statement) {
    const line = (noun, record) => drawRecord(noun, statement[noun], record);
    return [h("blockquote", { dir: "auto" }, wordsOf(draft, statement)),
      statement.onRecord ? h("p", { class: "hint" }, "On record.")
        : ctx.opened === statement ? makeForm(ctx, "statements", statement, { done: closeForm, title: "statement" })
        : h("p", { class: "line" }, button(tellStatement(statement), () => openForm(statement), { class: "link" }), button("Remove", act.remove)),
      ...statement.positions.map((each) => line("positions", each)), ...statement.preconditions.map((each) => line("preconditions", each)),
      h("p", { class: "row" }, button("+ Position", () => addRecord("positions")), button("+ Condition", () => addRecord("preconditions")))];
  }

  const tellStatement = (each) => [labelOf(draft, "actors", each.speaker ?? "") || each.speaker_as || "No speaker: the source says it",
    each.keep ? "" : `: ${each.gist || "give it in your own words"}`].join("");

  /** Draw a record of a list as its form if it is open, or as a line that opens it. */
  function drawRecord(noun, list, record) {
    if (ctx.opened === record) return makeForm(ctx, noun, record, { done: closeForm, title: SINGULAR[noun] });
    const name = nameOf(draft, noun, record) || "(no name yet)";
    return h("p", { class: "line" }, button(name, () => openForm(record), { class: "link" }),
      button("Remove", () => { removeFrom(list, record); ctx.changed(); refresh(); announce("Removed. Press z to undo."); }, { "aria-label": `Remove: ${name}` }));
  }

  function drawBeside() {
    const list = (noun) => h("li", {}, h("h3", {}, `${SINGULAR[noun][0].toUpperCase()}${SINGULAR[noun].slice(1)}`, " ", h("small", {}, String(draft[noun].length || "")),
      button("+", () => { const made = noun === "axioms" ? { author: "analyst" } : {}; draft[noun].push(made); ctx.changed(); openForm(made); }, { "aria-label": `New ${SINGULAR[noun]}` })),
    draft[noun].map((record) => drawRecord(noun, draft[noun], record)));
    const held = beside.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") ?? document.activeElement.textContent : null;
    beside.replaceChildren(h("ul", { class: "beside-list" }, BESIDE.map(list)));
    if (held) [...beside.querySelectorAll("button")].find((each) => (each.getAttribute("aria-label") ?? each.textContent) === held)?.focus();
  }

  function openPlace({ noun, record, statement, field }) {
    if (["draft", "source"].includes(noun)) { source.open = true; source.querySelector(`[data-field="${field || "title"}"] :is(input, select)`)?.focus(); return; }
    if (statement) article.select(statement.key, { quiet: true });
    openForm(record, field);
  }

  async function reload() {
    Object.assign(draft, await readDraft(draft.id));
    ctx.undone.length = 0; // they would change lists that are gone
    refresh();
  }

  const fresh = h("details", { class: "new", open: BESIDE.some((noun) => draft[noun].length) }, h("summary", {}, h("h2", {}, "New in this draft ", h("kbd", {}, "n"))), beside);
  const here = h("section", { class: "here", "aria-labelledby": "here-title" }, h("h2", { id: "here-title" }, "What is said"), said);
  const title = h("h1", { dir: "auto" }, draft.source.title || "Draft");
  main.replaceChildren(h("div", { class: "heading" }, title, state, draft.beside ? h("a", { href: `#/compare/${draft.beside}/${draft.id}` }, "Two versions: compare") : ""),
    h("div", { class: "desk" }, article.node, h("div", { class: "side", onfocusout: effect.heedLeaving }, here, effect.node, source, fresh)));
  await attempt(async () => { ctx.vocabulary = await loadVocabulary(); });
  fillSource();
  refresh();
  effect.schedule();
  await readCandidates();
  addEventListener("online", readCandidates);
  ctx.closing.push(() => removeEventListener("online", readCandidates));
  article.body.focus({ preventScroll: true });
  return leave;

  function fillSource() {
    const attach = h("input", { id: "attach", type: "checkbox", checked: draft.attach, onchange: (event) => { draft.attach = event.target.checked; ctx.changed(); } });
    const label = h("label", { for: "attach" });
    const heedKey = () => {
      attach.disabled = !mayAttach();
      label.textContent = attach.disabled ? " The whole text stays with you: to store it, your key needs the scope texts"
        : mayUse("write") ? " Store the whole text in the registry, not public"
        : " Hand in the whole text, too, not to be public. Reviewers read it, and only one whose key has the scope texts can accept it";
    };
    heedKey();
    ctx.closing.push(onKey(heedKey));
    const form = makeForm(ctx, "source", draft.source, { title: "source" });
    form.addEventListener("input", () => { title.textContent = draft.source.title || "Draft"; });
    source.append(makeForm(ctx, "draft", draft, { title: "conflict" }), form, h("p", {}, attach, label));
  }

  async function readCandidates() {
    let part = "";
    await attempt(async () => {
      await findRecorded(ctx);
      const lang = ["en", "fr", "de", "ru", "uk"].find((each) => draft.source.language?.startsWith(each));
      const { body } = await ask("POST", "/v1/candidates", { text: draft.text, ...(lang ? { lang } : {}) });
      ctx.candidates = body.data;
      if (!body.complete) part = " in the first part of the text";
    });
    refresh();
    announce(`${ctx.candidates.length} candidates${part}. Press j for the first.`);
  }
}

/** Take a record out of a list if it is in it; returns its place. */
function drop(list, record) {
  const at = list.indexOf(record);
  if (at >= 0) list.splice(at, 1);
  return at;
}

function showTaken(main, keeper) {
  main.replaceChildren(h("h1", {}, "This draft is open in another tab"),
    h("p", {}, "Only one tab writes a draft, so that nothing is lost. Go on there, or take it over here."),
    h("p", { class: "row" }, button("Take it over", async () => { await keeper.claim(true); location.reload(); }), h("a", { href: "#/" }, "All drafts")));
}
