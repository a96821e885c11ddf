// The drafts of this browser, and texts that come in: pasted, or from files.

import { ask, suggest } from "./api.js";
import { announce, attempt, button, freshId, h, tellTime } from "./dom.js";
import { followDrafts, listDrafts, makeDraft, readDraft, removeDraft, storeDraft } from "./drafts.js";
import { cleanText, hashText, readFile } from "./text.js";

/** Show the drafts and the form for a new text; returns how to leave. */
export async function showInbox(main) {
  const list = h("ul", { class: "drafts" });
  const pasted = h("textarea", { id: "paste", rows: "10", dir: "auto", oninput: keep });
  const title = h("input", { id: "paste-title", dir: "auto", oninput: keep });
  const published = h("input", { id: "paste-published", placeholder: "2024-03-05", oninput: keep });
  const url = h("input", { id: "paste-url", placeholder: "https://", oninput: keep });
  const told = h("div", { id: "duplicates", role: "status" });
  const files = h("input", { id: "file", type: "file", accept: ".txt,.md,.html,.htm,text/plain,text/markdown,text/html", multiple: true, onchange: takeFiles });
  const go = button("Start coding", start, { class: "strong", id: "start" });
  const labelled = (label, control) => h("p", { class: "field" }, h("label", { for: control.id }, label), control);
  let started = null, storing = Promise.resolve(), timer = 0;

  /** Keep what is pasted as a draft from the first letter on. */
  function keep() {
    clearTimeout(timer);
    timer = setTimeout(() => { save(); findDuplicates(); }, 250);
  }

  function save() {
    if (!pasted.value && !title.value) return storing;
    started ??= makeDraft();
    started.text = cleanText(pasted.value);
    Object.assign(started.source, { title: title.value, published: published.value, url: url.value });
    storing = storing.then(async () => { started = await storeDraft({ ...started }); });
    return storing;
  }

  async function start() {
    clearTimeout(timer);
    if (!pasted.value.trim()) { announce("Paste a text first."); pasted.focus(); return; }
    if (!title.value.trim()) { title.value = pasted.value.trim().split("\n")[0].slice(0, 160); }
    await save();
    location.hash = `#/draft/${started.id}`;
  }

  async function takeFiles() {
    for (const file of files.files) {
      const draft = makeDraft(await readFile(file));
      draft.source.title = draft.text.trim().split("\n")[0].slice(0, 160) || file.name;
      await storeDraft(draft);
    }
    files.value = "";
    await draw();
    announce("The files are in the list of drafts.");
  }

  async function findDuplicates() {
    const [text, mine] = [cleanText(pasted.value), started?.id];
    const hash = text.trim() ? await hashText(text) : null;
    const here = (await listDrafts()).filter((each) => each.id !== mine && text.trim() && each.text === text);
    const stored = await (async () => {
      const same = hash ? (await ask("GET", `/v1/sources?text_sha256=${hash}`)).body.data : [];
      const alike = title.value.trim().length > 3 ? await suggest("sources", title.value.trim(), 3) : [];
      const looked = alike.length ? (await ask("GET", `/v1/sources?id=${alike.map((each) => each.id).join(",")}`)).body.data : [];
      return [...same.map((each) => [each, "has the same text"]),
        ...looked.filter((each) => !same.some((one) => one.id === each.id)).map((each) => [each, each.url && each.url === url.value.trim() ? "has the same address" : "has a similar title"])];
    })().catch(() => null);
    told.replaceChildren(...here.map((each) => h("p", {}, "A draft has the same text: ", h("a", { href: `#/draft/${each.id}` }, each.source.title || "draft"))),
      ...(stored ?? []).map(([each, why]) => h("p", {}, `On record, ${why}: `, h("a", { href: new URL(`v1/sources/${each.id}`, document.baseURI).href }, each.title))));
  }

  async function draw() {
    const drafts = (await listDrafts()).filter((each) => each.id !== started?.id);
    list.replaceChildren(...drafts.map((each) => h("li", {},
      h("a", { href: `#/draft/${each.id}`, dir: "auto" }, each.source.title || each.text.slice(0, 60) || "Empty draft"),
      h("small", {}, ` ${each.statements.length} statements · ${tellTime(each.at)}${each.sent ? ` · sent as ${each.sent.kind} ${each.sent.number}` : ""} `),
      button("Discard", async () => {
        await removeDraft(each.id);
        await draw();
        tellUndo(each);
      }, { "aria-label": `Discard ${each.source.title || "the draft"}` }))));
    if (!drafts.length) list.replaceChildren(h("li", { class: "hint" }, "No draft yet."));
  }

  function tellUndo(draft) {
    const line = h("p", {}, `Discarded: ${draft.source.title || "a draft"}. `, button("Undo", async () => { await storeDraft(draft); line.remove(); await draw(); }));
    list.after(line);
  }

  main.replaceChildren(h("h1", {}, "What came in"), h("div", { class: "columns" },
    h("section", {}, h("h2", {}, "Paste an article"), labelled("Text", pasted), labelled("Title", title), labelled("Published on", published), labelled("Address", url),
      told, h("p", { class: "row" }, go), h("p", { class: "field" }, h("label", { for: "file" }, "Or take files (.txt, .md, .html)"), files)),
    h("section", {}, h("h2", {}, "Drafts in this browser"), list,
      h("p", { class: "hint" }, "Drafts stay in this browser until you publish them or hand them in. Nobody else sees them."))));
  await draw();
  if (document.activeElement === document.body) pasted.focus();
  const stop = followDrafts(draw);
  return async () => { stop(); clearTimeout(timer); if (pasted.value || title.value) await save(); };
}

/** Show two versions of a draft side by side, and let one of them go. */
export async function showCompare(main, [first, second]) {
  const both = await Promise.all([readDraft(first), readDraft(second)]);
  if (both.some((each) => !each)) { main.replaceChildren(h("h1", {}, "One version is left"), h("p", {}, h("a", { href: "#/" }, "All drafts"))); return () => {}; }
  const parts = [...new Set(both.flatMap((each) => Object.keys(each)))].filter((name) => !["id", "rev", "at", "beside", "labels"].includes(name))
    .filter((name) => JSON.stringify(both[0][name]) !== JSON.stringify(both[1][name]));
  const column = (draft, other) => {
    const id = freshId();
    return h("section", { "aria-labelledby": id }, h("h2", { id }, `Saved ${tellTime(draft.at)}`),
      parts.map((name) => [h("h3", {}, name.replaceAll("_", " ")), h("pre", { dir: "auto", tabindex: "0", role: "region", "aria-label": name }, tellDifference(draft[name], other[name]))]),
      button("Keep this one", () => attempt(async () => {
        await removeDraft(other.id);
        await storeDraft({ ...draft, beside: undefined });
        location.hash = `#/draft/${draft.id}`;
      }), { class: "strong" }));
  };
  main.replaceChildren(h("h1", {}, "Two versions of one draft"), h("p", {}, "Two tabs changed it. Both are stored; only what differs is shown."),
    h("div", { class: "columns" }, column(both[0], both[1]), column(both[1], both[0])));
  return () => {};
}

/** Tell a part of a draft; of lists only the entries that the other has not. */
function tellDifference(part, other) {
  const show = (value) => (typeof value === "string" ? value : JSON.stringify(value, (name, each) => (name.startsWith("_") || name === "key" ? undefined : each), 1));
  if (!Array.isArray(part)) return show(part) ?? "(nothing)";
  const known = new Set((other ?? []).map((each) => JSON.stringify(each)));
  return part.filter((each) => !known.has(JSON.stringify(each))).map(show).join("\n") || "(nothing that the other has not)";
}
