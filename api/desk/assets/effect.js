// What a draft would change, by a dry run of the API; publishing it, and handing it in.

import { ask, mayAttach, mayUse, onKey, readKey } from "./api.js";
import { composeDraft, findPlace, tellPlainly, tellRecord, wordsOf } from "./coded.js";
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
  const sent = h("div", { id: "sent", tabindex: "-1" });
  const comment = h("input", { id: "comment", maxlength: "400", dir: "auto", value: ctx.draft.comment ?? "",
    oninput: (event) => { ctx.draft.comment = event.target.value; ctx.changed(); } });
  const publish = button(["Publish ", h("kbd", {}, "w")], () => send("publish"), { id: "publish", class: "strong" });
  const handIn = button("Hand in for review", () => send("hand in"), { id: "hand-in" });
  let timer = 0, running = false, again = false, sending = false, isHeldBack = false;

  const compose = () => composeDraft({ ...ctx.draft, attach: ctx.draft.attach && mayAttach() }, ctx);
  const sign = () => JSON.stringify([composeDraft(ctx.draft).document, ctx.draft.comment?.trim() ?? ""]);
  const isSent = () => ctx.draft.sent?._signed === sign();

  function schedule() {
    clearTimeout(timer);
    timer = setTimeout(run, PAUSE);
    showSent();
  }

  async function run() {
    if (running) { again = true; return; }
    if (isSent()) { tell("All of this draft is sent.", []); return; }
    if (!ctx.draft.text.trim() || !ctx.draft.source.title) { tell("Give the text and its title.", []); return; }
    if (!readKey()) { tell("Without a key nothing can be checked. Paste yours above.", []); return; }
    running = true;
    const { document: made, places } = compose();
    try {
      const { body } = await ask("POST", "/v1/coded-sources?dry_run=1", made);
      tell(`${body.created} new, ${body.amended} amended. ${ctx.draft.sent ? "These changes are not sent yet." : "Nothing is written yet."}`, body.warnings, places, "warning");
      told.append(...tellCollisions(body));
    } catch (error) { tellRefusal(error, places); }
    running = false;
    if (again) { again = false; run(); }
  }

  function tell(said, listed, places = new Map(), kind = "") {
    const all = listed.map((each) => ({ ...each, place: findPlace(places, each.pointer ?? "") }))
      .filter(({ place }) => kind !== "fault" || !isUnderHand(place)).map((each) => ({ ...each, ...readMissing(each) }));
    const nameOfFault = ({ missing, value, place, pointer, detail }) => (missing ? `${missing}/${value}` : `${place?.noun === "draft" || pointer} ${detail}`);
    const shown = new Map(all.map((each) => [nameOfFault(each), each]).reverse()); // of one name the first
    isHeldBack = all.length < listed.length;
    told.replaceChildren(h("p", { class: "said" }, isHeldBack && !all.length ? "What you are writing is not complete yet." : said),
      shown.size ? h("ul", { class: kind }, [...shown.values()].reverse().slice(0, 40).map((each) => h("li", {}, tellFault(each)))) : "");
  }

  /** Whether a fault is in a form that was never left, or in a name that is being typed. */
  function isUnderHand(place) {
    const isTyped = place && document.activeElement?.matches(`[data-field="${place.field}"] [role="combobox"]`);
    return place?.record ? place.record === ctx.opened && (isTyped || !ctx.left.has(place.record)) : isTyped;
  }

  /** Read of a fault which noun and which name are not on record; and say so as people do. */
  function readMissing({ pointer = "", detail, place }) {
    const [, missing, , near] = /^is no id or name of (\w+), here or on record; (nearest: (.*); else|nothing)/.exec(detail) ?? [];
    if (!missing) return { detail: tellPlainly(place, detail) };
    const value = readPointer(compose().document, pointer);
    return { missing, value, detail: `is not on record${near ? `; near it: ${near}` : ""}.` };
  }

  function tellFault({ pointer = "", detail, record, missing, value, place }) {
    if (!place) return `${record ?? pointer} ${detail}`;
    const where = ["draft", "source"].includes(place.noun) ? "Source" : place.noun === "statements" ? `“${wordsOf(ctx.draft, place.record).slice(0, 40)}”`
      : ["positions", "preconditions"].includes(place.noun) ? tellRecord(ctx.draft, place.noun, place.record)
      : `New ${SINGULAR[place.noun]} ${place.record[NAMED_BY[place.noun]] ?? ""}`;
    return [button([where, place.label || place.field.replaceAll("_", " ")].filter(Boolean).join(", "), () => act.open(place), { class: "link" }),
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
    if (sending || isSent()) return;
    sending = true;
    await ctx.settling;
    if (ctx.opened) ctx.left.add(ctx.opened); // now all that is missing is told
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
    return finish({ kind: "changeset", number: changeset },
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

  const refuseWell = (asked, places) => asked.catch((error) => { tellRefusal(error, places); throw error; });

  function tellRefusal({ status, message, errors }, places) {
    if (status === 422) tell("To complete:", errors.map((each) => ({ ...each, pointer: each.pointer?.replace(/^\/coded_source/, "") })), places, "fault");
    else tell(message, []);
  }

  async function finish(outcome, said) {
    ctx.draft.sent = { ...outcome, said, at: new Date().toISOString(), _signed: sign() };
    ctx.changed();
    await ctx.keeper.flush();
    await attempt(() => findRecorded(ctx));
    act.redraw();
    run();
    sent.focus();
    announce(said);
    return outcome;
  }

  /** Show what was sent, and offer nothing to be sent twice. What was handed in is not published, too. */
  function showSent() {
    const { sent: outcome } = ctx.draft, same = isSent(), isSubmission = outcome?.kind === "submission";
    publish.hidden = !mayUse("write") || same || isSubmission;
    handIn.hidden = same;
    handIn.textContent = isSubmission ? "Hand in again" : "Hand in for review";
    if (!outcome) return;
    const to = isSubmission ? `#/review/${outcome.number}` : new URL(`changes/${outcome.number}`, document.baseURI).href;
    sent.replaceChildren(h("p", { class: "outcome" }, outcome.said ?? `Sent as ${outcome.kind} ${outcome.number}.`,
      same || !outcome._signed ? "" : " You have changed the draft since.", " ", outcome.number ? h("a", { href: to }, `Open ${outcome.kind} ${outcome.number}`) : ""));
  }

  schedule();
  ctx.closing.push(onKey(schedule));
  const node = h("section", { class: "changes", "aria-labelledby": "changes-title" }, h("h2", { id: "changes-title" }, "What this changes"), told,
    h("p", { class: "field" }, h("label", { for: "comment" }, "Why, in a sentence"), comment), h("p", { class: "row" }, publish, handIn), sent);
  return { node, schedule, run, heedLeaving: () => { if (isHeldBack) schedule(); } };
}

/** Tell the collisions that would appear or dissolve, as far as they were worked out. */
export function tellCollisions({ collisions, cut }) {
  const list = (some, verb, conflict) => (some.length ? [h("p", { class: "collision" }, `${some.length} ${some.length > 1 ? "collisions" : "collision"} would ${verb} in ${conflict}:`),
    h("ul", {}, some.slice(0, 5).map((each) => h("li", { dir: "auto" }, each.sentence)))] : []);
  const told = collisions.flatMap((each) => [...list(each.appeared, "appear", each.name), ...list(each.dissolved, "dissolve", each.name)]);
  if (cut.length || collisions.some((each) => !each.complete)) told.push(h("p", { class: "hint" }, "Not all collisions could be worked out in time."));
  else if (collisions.length && !told.length) told.push(h("p", { class: "hint" }, "No collision appears or dissolves."));
  return told;
}

const readPointer = (value, pointer) => pointer.split("/").slice(1).reduce((at, step) => at?.[step], value);
