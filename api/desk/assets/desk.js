// The desk: takes the key, and shows the view that the fragment names.

import { keepKey, loadRights, mayUse, onKey, readEnd, readKey, readName, takeKeyFromAddress } from "./api.js";
import { showCoding } from "./coding.js";
import { attempt, button, h, tellTime, tellTrouble } from "./dom.js";
import { showHistory, showMine } from "./history.js";
import { showCompare, showInbox } from "./inbox.js";
import { showReview } from "./review.js";

takeKeyFromAddress();

const main = document.getElementById("main");
const VIEWS = {
  "": showInbox, draft: (at, [id]) => showCoding(at, id), compare: showCompare, review: (at, [number]) => showReview(at, number),
  mine: (at, [before]) => showMine(at, before), history: (at, [before]) => showHistory(at, before),
};
let leave = () => {}, shown = Promise.resolve();

function show() {
  takeKeyFromAddress();
  shown = shown.then(async () => {
    const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/");
    tellTrouble();
    await leave();
    const asked = attempt(loadRights);
    if (["review", "mine", "history"].includes(name)) await asked; // drafts open without a network
    for (const each of document.querySelectorAll("nav a")) {
      each.toggleAttribute("aria-current", (each.hash.replace(/^#\/?/, "") || "") === (name === "draft" ? "" : name));
    }
    leave = await (VIEWS[name] ?? showInbox)(main, rest.map(decodeURIComponent));
  }).catch((error) => { leave = () => {}; tellTrouble(error); });
}

function showKey() {
  const box = document.getElementById("key");
  if (readKey()) {
    box.replaceChildren(h("span", {}, readName() ? `Key of ${readName()}` : "Key in this tab", mayUse("write") ? "" : ", proposes", mayUse("review") ? ", reviews" : "", readEnd() ? `, until ${tellTime(readEnd())}` : ""), " ", button("Forget it", () => keepKey("")));
    return;
  }
  const field = h("input", { id: "key-field", type: "password", autocomplete: "off", placeholder: "sqn_…", onkeydown: (event) => { if (event.key === "Enter") use(); } });
  const use = () => {
    if (!keepKey(field.value.trim())) { tellTrouble("That is no key: it begins with sqn_. Copy the whole of it."); return; }
    tellTrouble();
    show();
  };
  box.replaceChildren(h("label", { for: "key-field" }, "Your key"), field, button("Use it", use));
}

onKey(showKey);
showKey();
document.getElementById("skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", show);
show();
