// Forms that answer while they are filled in: the page for the new state is read, and those of its
// parts that differ are put in place. A part that holds the focus stays, so that nobody is
// interrupted while typing. The address always names the state.
import { hasMoved, push } from "./address.js";
import { page, say } from "./fetching.js";

const UNHURRIED = 500;
let typing = 0;

export function listen() {
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form?.hasAttribute("data-live-form")) return;
    clearTimeout(typing);
    const pause = event.target.type === "date" ? UNHURRIED : 0;
    typing = setTimeout(() => submit(form), pause);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-live-form")) return;
    event.preventDefault();
    clearTimeout(typing);
    submit(event.target);
  });
  window.addEventListener("popstate", () => {
    if (hasMoved()) show(location.href, { all: true });
  });
}

function submit(form) {
  if (!form.checkValidity()) return;
  const query = new URLSearchParams(new FormData(form));
  const open = new URLSearchParams(location.search).get("open");
  if (open) query.set("open", open);
  show(`${form.getAttribute("action")}?${query}`, { moving: true });
}

async function show(url, { moving = false, all = false }) {
  const found = await page(url);
  if (found === null) return;
  if (!found.ok) {
    location.assign(url);
    return;
  }
  if (moving && found.url !== location.href) push(found.url);
  document.title = found.document.title;
  const focused = document.activeElement;
  for (const part of document.querySelectorAll("[data-live], #drawer")) {
    const other = found.document.getElementById(part.id);
    if (other === null) {
      location.reload();
      return;
    }
    // What somebody chose shows in a control and not in its markup, so going back replaces all.
    if (all || (part.outerHTML !== other.outerHTML && !part.contains(focused))) replace(part, other);
  }
  const ask = found.document.querySelector("#clocks .links");
  document.querySelector("#clocks .links")?.replaceWith(document.importNode(ask, true));
  say(document.querySelector("[data-say]")?.textContent ?? "");
}

function replace(part, other) {
  const id = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(document.importNode(other, true));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}
