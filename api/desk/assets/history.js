// What was written, with the way back; and what became of one's own proposals.

import { ask, readName } from "./api.js";
import { announce, attempt, button, h, tellTime } from "./dom.js";
import { listDrafts } from "./drafts.js";
import { tellSubmission } from "./review.js";

/** Show what this person sent, newest first, and what became of it. */
export async function showMine(main, before) {
  const list = h("ul", { class: "drafts" }), here = h("ul", { class: "drafts" });
  main.replaceChildren(h("h1", {}, "Mine"), h("section", {}, h("h2", {}, "Handed in"), list), h("section", {}, h("h2", {}, "Sent from this browser"), here));
  const sent = (await listDrafts()).filter((each) => each.sent);
  here.replaceChildren(...sent.map((each) => h("li", {}, h("a", { href: `#/draft/${each.id}`, dir: "auto" }, each.source.title || "Draft"), " ",
    each.sent.kind === "submission" ? h("a", { href: `#/review/${each.sent.number}` }, `submission ${each.sent.number}`)
      : h("a", { href: new URL(`changes/${each.sent.number}`, document.baseURI).href }, `changeset ${each.sent.number}`), h("small", {}, ` ${tellTime(each.sent.at)}`))));
  if (!sent.length) here.replaceChildren(h("li", { class: "hint" }, "Nothing was sent from this browser yet."));
  await attempt(async () => {
    const { body } = await ask("GET", `/v1/submissions?limit=100&author=${encodeURIComponent(readName())}${before ? `&before=${Number(before)}` : ""}`);
    list.replaceChildren(...body.data.map(tellSubmission));
    if (!body.data.length) list.replaceChildren(h("li", { class: "hint" }, "Nothing was handed in with this key's name yet."));
    if (body.next) list.after(h("p", {}, h("a", { href: `#/mine/${body.data.at(-1).id}` }, "Older")));
  });
  return () => {};
}

/** Show the newest changesets, each with the way to take it back. */
export async function showHistory(main, before) {
  const list = h("ul", { class: "drafts" });
  main.replaceChildren(h("h1", {}, "History"), h("p", { class: "hint" }, "To take a changeset back is a proposal, too: somebody else accepts it."), list);
  await attempt(async () => {
    const { body } = await ask("GET", `/v1/changesets?limit=30${before ? `&before=${Number(before)}` : ""}`);
    list.replaceChildren(...body.data.map((each) => h("li", {},
      h("a", { href: new URL(`changes/${each.number}`, document.baseURI).href, dir: "auto" }, `${each.number}: ${each.message || "no reason given"}`),
      h("small", {}, ` by ${each.recorded_by}${each.reviewed_by ? `, reviewed by ${each.reviewed_by}` : ""} · ${tellTime(each.recorded_at)} `),
      button("Take back", (event) => takeBack(each.number, event.target), { "aria-label": `Take back changeset ${each.number}` }))));
    if (body.next) list.after(h("p", {}, h("a", { href: `#/history/${body.data.at(-1).number}` }, "Older")));
  });
  return () => {};

  async function takeBack(number, pressed) {
    const made = await attempt(() => ask("POST", "/v1/submissions", { takes_back: number, comment: `Take back changeset ${number}.` }));
    if (!made) return;
    pressed.replaceWith(h("a", { href: `#/review/${made.body.id}` }, `handed in as submission ${made.body.id}`));
    announce(`Handed in as submission ${made.body.id}.`);
  }
}
