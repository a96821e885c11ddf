// Forms that answer while they are filled in: the page of the new state is fetched, and the parts
// that differ are replaced. A part with the focus stays, so that nobody is interrupted while typing.
// The address always names the state.
import { hasMoved, pushAddress } from "./address.js";
import { announce, fetchPage } from "./fetching.js";

const TYPING_PAUSE_MS = 500;
let typing = 0;

export function enableLiveForms() {
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (!form?.hasAttribute("data-live-form")) return;
    clearTimeout(typing);
    const pause = event.target.type === "date" ? TYPING_PAUSE_MS : 0;
    typing = setTimeout(() => submitForm(form), pause);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-live-form")) return;
    event.preventDefault();
    clearTimeout(typing);
    submitForm(event.target);
  });
  document.addEventListener("input", (event) => {
    if (event.target.id === "day") showDay(event.target);
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-switch]");
    if (link === null || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    switchClaim(link.href);
  });
  window.addEventListener("popstate", () => {
    if (hasMoved()) showPage(location.href, { all: true });
  });
}

// A claim or a rule is switched off or on in place; the focus goes to what is supposed now.
async function switchClaim(url) {
  await showPage(url, { moving: true, all: true });
  (document.getElementById("supposed") ?? document.getElementById("main")).focus();
}

// The slider counts days from 1 January of year 1, which is 719163 days before that of 1970.
function showDay(slider) {
  const day = new Date((slider.value - 719163) * 86400000);
  const text = day.toLocaleDateString("en-GB", { day: "numeric", month: "long", year: "numeric", timeZone: "UTC" });
  slider.setAttribute("aria-valuetext", text);
  document.getElementById("day-shown").textContent = text;
}

function submitForm(form) {
  if (!form.checkValidity()) return;
  const query = new URLSearchParams(new FormData(form));
  const open = new URLSearchParams(location.search).get("open");
  if (open) query.set("open", open);
  showPage(`${form.getAttribute("action")}?${query}`, { moving: true });
}

async function showPage(url, { moving = false, all = false }) {
  const found = await fetchPage(url);
  if (found === null) return;
  if (!found.ok) {
    location.assign(url);
    return;
  }
  if (moving && found.url !== location.href) pushAddress(found.url);
  document.title = found.document.title;
  const focused = document.activeElement;
  for (const part of document.querySelectorAll("[data-live], #drawer, #share")) {
    const other = found.document.getElementById(part.id);
    if (other === null) {
      location.reload();
      return;
    }
    // A chosen value is in the control and not in its markup, so going back replaces every part.
    if (all || (part.outerHTML !== other.outerHTML && !part.contains(focused))) replacePart(part, other);
  }
  announce(document.querySelector("[data-say]")?.textContent ?? "");
}

function replacePart(part, other) {
  const id = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(document.importNode(other, true));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}
