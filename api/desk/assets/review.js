// The queue of what others proposed: read it, talk about it, accept or decline it.

import { ask, mayUse, readName } from "./api.js";
import { announce, attempt, button, h, tellTime } from "./dom.js";
import { tellCollisions } from "./effect.js";

const SERVED = new Set(["derived", "links", "changeset", "recorded_at", "recorded_by", "revision", "verified", "exact_sha256", "quotes", "id"]);

/** Show the queue, oldest first, or one submission. */
export async function showReview(main, number) {
  if (number) return showSubmission(main, Number(number));
  const list = h("ul", { class: "drafts" });
  main.replaceChildren(h("h1", {}, "To review"), mayUse("review") ? "" : h("p", { class: "hint" }, "This key does not review: you see your own alone."), list);
  await attempt(async () => {
    const open = await loadOpen();
    list.replaceChildren(...open.reverse().map(tellSubmission));
    if (!open.length) list.replaceChildren(h("li", { class: "hint" }, "Nothing waits for a review."));
  });
  return () => {};
}

/** Load all open submissions, newest first: the oldest have waited longest and must not be cut. */
async function loadOpen() {
  const found = [];
  for (let more = true, before = ""; more; before = `&before=${found.at(-1)?.id}`) {
    const { body } = await ask("GET", `/v1/submissions?state=open&limit=1000${before}`);
    found.push(...body.data);
    more = body.next;
  }
  return found;
}

/** Tell of a submission in a list. */
export function tellSubmission(each) {
  const kind = { coded_source: "an article", changeset: "changes", takes_back: "taking a changeset back", note: "a note" }[each.kind];
  return h("li", {}, h("a", { href: `#/review/${each.id}`, dir: "auto" }, each.comment || `Submission ${each.id}`),
    h("small", {}, ` ${kind} by ${each.author || "a reader"} · ${each.state}${each.changeset ? ` as changeset ${each.changeset}` : ""} · ${tellTime(each.created_at)}`));
}

async function showSubmission(main, number) {
  const told = await attempt(() => ask("GET", `/v1/submissions/${number}`));
  if (!told) { main.replaceChildren(h("h1", {}, `Submission ${number}`), h("p", {}, "It cannot be shown with this key.")); return () => {}; }
  const { body, tag } = told;
  const isOwn = Boolean(body.author) && body.author === readName(), isOpen = body.state === "open", decides = isOpen && !isOwn && mayUse("review");
  const reason = h("textarea", { id: "reason", rows: "2", dir: "auto" });
  const decide = (decision) => attempt(async () => {
    if (decision === "decline" && !reason.value.trim()) { reason.focus(); throw new Error("Say why: the coder reads it."); }
    const { body: after } = await ask("POST", `/v1/submissions/${number}/decision`, { decision, ...(reason.value.trim() ? { reason: reason.value } : {}) }, tag);
    announce(`It is ${after.state}.`);
    await showSubmission(main, number);
  });
  const comment = () => attempt(async () => {
    await ask("POST", `/v1/submissions/${number}/comments`, { text: reason.value });
    await showSubmission(main, number);
  });
  main.replaceChildren(h("article", { class: "submission", id: "submission", tabindex: "-1", "aria-label": `Submission ${number}`, onkeydown: press },
    h("h1", { dir: "auto" }, body.comment || `Submission ${number}`),
    h("p", {}, `By ${body.author || "a reader"}, ${tellTime(body.created_at)}. It is ${body.state}`, body.reviewer ? ` by ${body.reviewer}` : "", body.changeset ? h("span", {}, ", ", h("a", { href: new URL(`changes/${body.changeset}`, document.baseURI).href }, `changeset ${body.changeset}`)) : "", "."),
    body.sent?.coded_source?.source?.text ? h("p", {}, "The whole text is handed in, too. To accept it, a reviewer's key needs the scope texts.") : "",
    body.dry_run ? tellDryRun(body.dry_run) : body.kind === "note" ? tellNote(body.sent.note) : "",
    body.thread.length ? [h("h2", {}, "What was said"), h("ul", { class: "thread" }, body.thread.map((each) => h("li", {}, h("b", {}, each.author || "A reader"), ` ${each.act}, ${tellTime(each.done_at)}`, each.text ? h("p", { dir: "auto" }, each.text) : "")))] : "",
    h("div", { class: "decision" }, h("p", { class: "field" }, h("label", { for: "reason" }, "Reason or comment"), reason),
      h("p", { class: "row" },
        decides ? [button(["Accept ", h("kbd", {}, "a")], () => decide("accept"), { class: "strong", id: "accept", disabled: Boolean(body.dry_run?.refusal) }), button(["Decline ", h("kbd", {}, "d")], () => decide("decline"), { id: "decline" })] : "",
        isOpen && isOwn ? button("Withdraw", () => decide("withdraw")) : "",
        body.kind === "note" && !body.author ? "" : button("Comment", comment, { id: "comment-send" })),
      isOwn && isOpen ? h("p", { class: "hint" }, "This is your own: somebody else accepts it.") : "")));
  document.getElementById("submission").focus();
  return () => {};

  function press(event) {
    if (event.target.matches("input, textarea") || event.ctrlKey || event.metaKey || event.altKey || !decides) return;
    if (event.key === "a" && !body.dry_run?.refusal) decide("accept");
    else if (event.key === "d") { event.preventDefault(); if (reason.value.trim()) decide("decline"); else reason.focus(); }
  }
}

const tellNote = (note) => h("div", {}, h("p", {}, "About ", h("a", { href: new URL(`v1/${note.noun}/${note.id}`, document.baseURI).href }, `${note.noun}/${note.id}`)), h("blockquote", { dir: "auto" }, note.text));

function tellDryRun(run) {
  const order = ["positions", "preconditions", "statements", "propositions", "proposals", "axioms", "actors", "issues", "conflicts", "sources"];
  const rank = (each) => order.indexOf(each.record.split("/")[0]);
  const labels = new Map(run.changes.map(({ record, after, before }) => [record.split("/")[1], (after ?? before)?.name ?? (after ?? before)?.text ?? (after ?? before)?.title ?? (after ?? before)?.exact ?? (after ?? before)?.gist]));
  return h("div", {}, h("h2", {}, `${run.created} new, ${run.amended} changed`),
    run.refusal ? h("div", { class: "fault" }, h("p", {}, `It cannot be accepted now: ${run.refusal}`), tellRemarks(run.errors)) : "",
    run.warnings.length ? h("div", { class: "warning" }, h("h3", {}, "To check"), tellRemarks(run.warnings)) : "",
    run.refusal ? "" : tellCollisions(run),
    [...run.changes].sort((a, b) => rank(a) - rank(b)).map((each) => tellChange(each, labels)),
    run.changes.length < run.created + run.amended ? h("p", { class: "hint" }, `The first ${run.changes.length} are shown.`) : "");
}

const tellRemarks = (remarks) => h("ul", {}, remarks.map((each) => h("li", {}, `${each.record || each.pointer} ${each.detail}`)));

/** Tell a change; where a record is there already, as it is beside as it would be. */
function tellChange({ record, before, after }, labels) {
  const names = Object.keys({ ...before, ...after }).filter((name) => !SERVED.has(name))
    .filter((name) => (before && after ? JSON.stringify(before[name]) !== JSON.stringify(after[name]) : !isBlank((after ?? before)[name])));
  const cell = (value, tag = "td") => h(tag, { dir: "auto" }, tellValue(value, labels));
  const head = before ? h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Field"), h("th", { scope: "col" }, "As it is"), h("th", { scope: "col" }, after ? "As it would be" : "Retracted"))) : "";
  return h("details", { open: /^(positions|preconditions|statements)/.test(record) || Boolean(before) }, h("summary", {}, h("b", {}, record.split("/")[0].replace(/s$/, "")), " ", h("span", { dir: "auto" }, labels.get(record.split("/")[1]) || record.split("/")[1])),
    h("table", {}, head, h("tbody", {}, names.map((name) => h("tr", {}, h("th", { scope: "row" }, name.replaceAll("_", " ")), before ? [cell(before[name]), cell(after?.[name])] : cell(after[name]))))));
}

const isBlank = (value) => value === null || value === undefined || value === false || value === "" || (Array.isArray(value) && !value.length) || value === "normal";

function tellValue(value, labels) {
  if (isBlank(value)) return "–";
  if (Array.isArray(value)) return value.map((each) => tellValue(each, labels)).join("; ");
  if (typeof value === "object") return Object.entries(value).filter(([, each]) => !isBlank(each)).map(([name, each]) => `${name.replaceAll("_", " ")}: ${tellValue(each, labels)}`).join(", ");
  const plain = String(value).replace(/^!/, "");
  return (String(value).startsWith("!") ? "not: " : "") + (labels.get(plain) ?? plain);
}
