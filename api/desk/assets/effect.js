// What a draft would change, by a dry run of the API; publishing it, and handing it in.

import { ask, mayUse, onKey, readKey } from "./api.js";
import { composeDraft, findPlace, tellRecord, wordsOf } from "./coded.js";
import { announce, attempt, button, h } from "./dom.js";
import { NAMED_BY, SINGULAR } from "./fields.js";
import { hashText } from "./text.js";

const PAUSE = 600;

/** Find the source that has the text of a draft on record, and its statements. */
export async function findRecorded(ctx) {
  ctx.hash ??= await hashText(ctx.draft.text);
  ctx.known = null;
  ctx.recorded = [];
  if (!ctx.hash) return;
  const [known] = (await ask("GET", `/v1/sources?text_sha256=${ctx.hash}`)).body.data;
  if (!known) return;
  ctx.known = known;
  const { body } = await ask("GET", `/v1/statements?source=${known.id}&limit=1000`);
  ctx.recorded = body.data.filter((each) => Number.isInteger(each.start));
}

/** Make the panel “What this changes”. `act` has open(place) and redraw(). */
export function makeEffect(ctx, act) {
  const told = h("div", { id: "effect" });
  const sent = h("div", { id: "sent" });
  const comment = h("input", { id: "comment", maxlength: "400", dir: "auto", value: ctx.draft.comment ?? "",
    oninput: (event) => { ctx.draft.comment = event.target.value; ctx.changed(); } });
  const publish = button(["Publish ", h("kbd", {}, "w")], () => send("publish"), { id: "publish", class: "strong" });
  const handIn = button("Hand in for review", () => send("hand in"), { id: "hand-in" });
  let timer = 0, running = false, again = false, sending = false;

  const compose = () => composeDraft(ctx.draft, ctx);

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE);
  }

  async function run() {
    if (running) { again = true; return; }
    if (!ctx.draft.text.trim() || !ctx.draft.source.title) { tell("Give the text and its title.", []); return; }
    if (!readKey()) { tell("Without a key nothing can be checked. Paste yours above.", []); return; }
    running = true;
    const { document: made, places } = compose();
    try {
      const { body } = await ask("POST", "/v1/coded-sources?dry_run=1", made);
      tell(`${body.created} new, ${body.amended} amended. Nothing is written yet.`, body.warnings, places, "warning");
      told.append(...tellCollisions(body));
    } catch (error) {
      if (error.status === 422) tell("To complete:", error.errors, places, "fault");
      else tell(error.message, []);
    }
    running = false;
    if (again) { again = false; run(); }
  }

  function tell(said, listed, places, kind = "") {
    const shown = new Map(listed.map((each) => ({ ...each, ...readMissing(each) }))
      .map((each) => [each.missing ? `${each.missing}/${each.value}` : `${each.pointer} ${each.detail}`, each]).reverse()); // of one name the first
    told.replaceChildren(h("p", { class: "said" }, said),
      shown.size ? h("ul", { class: kind }, [...shown.values()].reverse().slice(0, 40).map((each) => h("li", {}, tellFault(each, places)))) : "");
  }

  /** Read of a fault which noun and which name are not on record; and say so as people do. */
  function readMissing({ pointer = "", detail }) {
    const [, missing, , near] = /^is no id or name of (\w+), here or on record; (nearest: (.*); else|nothing)/.exec(detail) ?? [];
    if (!missing) return {};
    const value = readPointer(compose().document, pointer);
    return { missing, value, detail: `is not on record${near ? `; near it: ${near}` : ""}.` };
  }

  function tellFault({ pointer = "", detail, record, missing, value }, places) {
    const place = findPlace(places ?? new Map(), pointer);
    if (!place) return `${record ?? pointer} ${detail}`;
    const where = place.noun === "source" ? "Source" : place.noun === "statements" ? `“${wordsOf(ctx.draft, place.record).slice(0, 40)}”`
      : ["positions", "preconditions"].includes(place.noun) ? tellRecord(ctx.draft, place.noun, place.record)
      : `New ${SINGULAR[place.noun]} ${place.record[NAMED_BY[place.noun]] ?? ""}`;
    return [button(`${where}${place.field ? `, ${place.field.replaceAll("_", " ")}` : ""}`, () => act.open(place), { class: "link" }),
      ` ${detail} `,
      NAMED_BY[missing] && typeof value === "string" ? button(`New ${SINGULAR[missing]} “${value}”`, () => {
        const name = value.replace(/^!/, ""), made = { [NAMED_BY[missing]]: name, ...(missing === "actors" ? { aliases: [name] } : {}) };
        ctx.draft[missing].push(made); // whoever is renamed keeps the words of the article as an alias
        ctx.changed();
        act.open({ noun: missing, record: made, field: NAMED_BY[missing] });
      }) : null];
  }

  /** Show statements that somebody else recorded meanwhile beside one's own; returns whether there are any. */
  function showTwins() {
    const twins = ctx.draft.statements.flatMap((mine) => {
      const theirs = ctx.recorded.find((each) => each.start === mine.start && each.end === mine.end);
      return theirs && !mine.onRecord && !mine.keepBoth && mine.id !== theirs.id ? [[mine, theirs]] : [];
    });
    const settle = (mine, how) => { Object.assign(mine, how); ctx.changed(); act.redraw(); if (!showTwins()) sent.replaceChildren(h("p", {}, "Settled. Publish or hand in again.")); };
    if (twins.length) {
      sent.replaceChildren(h("p", { role: "alert" }, "Somebody has recorded the same words meanwhile. Nothing was sent."), ...twins.map(([mine, theirs]) => {
        const tellOne = (title, one) => h("div", {}, h("h3", {}, title), h("p", { dir: "auto" }, one.exact ?? one.gist ?? wordsOf(ctx.draft, mine)),
          h("p", {}, `Speaker: ${one.speaker ?? one.speaker_as ?? "none"}`));
        return h("div", { class: "beside" }, tellOne(`On record, by ${theirs.recorded_by}`, theirs), tellOne("Yours", mine),
          button("Use the one on record", () => settle(mine, { onRecord: theirs.id, keep: Boolean(theirs.exact) })),
          button("Keep both", () => settle(mine, { keepBoth: true })));
      }));
    }
    return twins.length > 0;
  }

  async function send(how) {
    if (sending) return;
    sending = true;
    await ctx.settling;
    sent.replaceChildren(h("p", {}, "Sending…"));
    const done = await attempt(async () => {
      await ctx.keeper.flush();
      await findRecorded(ctx);
      act.redraw();
      if (showTwins()) return "twins";
      return how === "publish" ? publishDraft() : proposeDraft();
    });
    sending = false;
    if (done === undefined) sent.replaceChildren(h("p", {}, "Not sent. Nothing is lost: try again."));
  }

  async function publishDraft() {
    const { document: made, places } = compose();
    const query = ctx.draft.comment?.trim() ? `?message=${encodeURIComponent(ctx.draft.comment)}` : "";
    const { body, changeset } = await refuseWell(ask("POST", `/v1/coded-sources${query}`, made), places);
    for (const [pointer, key] of Object.entries(body.ids)) {
      const place = places.get(pointer);
      if (place && pointer !== "/source") place[1].id = key.split("/")[1];
    }
    return finish({ kind: "changeset", number: changeset, ids: body.ids },
      body.written ? `Published as changeset ${changeset}.` : "All of it is on record already: nothing was written.");
  }

  async function proposeDraft() {
    const { document: made, places } = compose();
    const proposal = { coded_source: made, ...(ctx.draft.comment?.trim() ? { comment: ctx.draft.comment } : {}) };
    const before = ctx.draft.sent?.kind === "submission" ? await ask("GET", `/v1/submissions/${ctx.draft.sent.number}`) : null;
    const revises = before && before.body.state !== "accepted";
    const path = revises ? `/v1/submissions/${before.body.id}` : "/v1/submissions";
    const { body } = await refuseWell(ask(revises ? "PUT" : "POST", path, proposal, revises ? before.tag : undefined), places);
    return finish({ kind: "submission", number: body.id }, `Handed in as submission ${body.id}. Somebody else reviews it.`);
  }

  async function refuseWell(asked, places) {
    return asked.catch((error) => {
      if (error.status === 422) tell("To complete:", error.errors.map((each) => ({ ...each, pointer: each.pointer?.replace(/^\/coded_source/, "") })), places, "fault");
      throw error;
    });
  }

  async function finish(outcome, said) {
    ctx.draft.sent = { ...outcome, at: new Date().toISOString() };
    ctx.changed();
    await ctx.keeper.flush();
    await attempt(() => findRecorded(ctx));
    act.redraw();
    showSent(said);
    announce(said);
    return outcome;
  }

  function showSent(said) {
    const { sent: outcome } = ctx.draft;
    if (!outcome) { sent.replaceChildren(); return; }
    const pages = Object.values(outcome.ids ?? {}).filter((key) => /^(positions|preconditions|statements)\//.test(key));
    sent.replaceChildren(h("p", { class: "outcome" }, said ?? `Sent as ${outcome.kind} ${outcome.number}. `, " ", h("a", { href: "#/mine" }, "See it in Mine")),
      pages.length ? h("ul", {}, pages.slice(0, 12).map((key) => h("li", {}, h("a", { href: new URL(key, document.baseURI).href }, key)))) : "");
  }

  const heedKey = () => { publish.hidden = !mayUse("write"); schedule(); };
  showSent();
  heedKey();
  ctx.closing.push(onKey(heedKey));
  const node = h("section", { class: "changes", "aria-labelledby": "changes-title" }, h("h2", { id: "changes-title" }, "What this changes"), told,
    h("p", { class: "field" }, h("label", { for: "comment" }, "Why, in a sentence"), comment), h("p", { class: "row" }, publish, handIn), sent);
  return { node, schedule, run };
}

/** Tell the collisions that would appear or dissolve, as far as they were worked out. */
export function tellCollisions({ collisions, cut }) {
  const list = (some, verb, conflict) => (some.length ? [h("p", { class: "collision" }, `${some.length} ${some.length > 1 ? "collisions" : "collision"} would ${verb} in ${conflict.replaceAll("-", " ")}:`),
    h("ul", {}, some.slice(0, 5).map((each) => h("li", { dir: "auto" }, each.sentence)))] : []);
  const told = collisions.flatMap((each) => [...list(each.appeared, "appear", each.conflict), ...list(each.dissolved, "dissolve", each.conflict)]);
  if (cut.length || collisions.some((each) => !each.complete)) told.push(h("p", { class: "hint" }, "Not all collisions could be worked out in time."));
  else if (collisions.length && !told.length) told.push(h("p", { class: "hint" }, "No collision appears or dissolves."));
  return told;
}

const readPointer = (value, pointer) => pointer.split("/").slice(1).reduce((at, step) => at?.[step], value);
