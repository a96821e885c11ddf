// The address holds the state of a page. Forms, switches, evidence and the play button fetch the page
// of a new state and replace the parts that differ. A part with the focus stays, so that nobody is
// interrupted while typing. Without scripts, the same links and forms load the page.
import { announce, fetchPage } from "./fetching.js";

const TYPING_PAUSE_MS = 500;
const PLAY_PAUSE_MS = 1500;
const currentState = () => location.pathname + location.search;
const drawer = () => document.getElementById("drawer");
let known = currentState();
let typing = 0;
let opener = null;
let playing = false;

export function enableLiveParts() {
  document.addEventListener("change", ({ target }) => {
    if (!target.form?.hasAttribute("data-live-form")) return;
    clearTimeout(typing);
    typing = setTimeout(() => submitForm(target.form), target.type === "date" ? TYPING_PAUSE_MS : 0);
  });
  document.addEventListener("submit", (event) => {
    if (!event.target.hasAttribute("data-live-form")) return;
    event.preventDefault();
    clearTimeout(typing);
    submitForm(event.target);
  });
  document.addEventListener("input", ({ target }) => target.id === "day" && showDay(target));
  document.addEventListener("click", followLink);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && drawer()?.hidden === false && closeEvidence());
  // A jump within the page also pops a state, but leads to the same one.
  window.addEventListener("popstate", () => currentState() !== known && showPage(location.href, { all: true }));
  document.getElementById("play")?.addEventListener("click", playDays);
}

function followLink(event) {
  const link = event.target.closest("a[data-open], a[data-close], a[data-switch]");
  const opensElsewhere = event.button || event.metaKey || event.ctrlKey || event.shiftKey;
  if (link === null || opensElsewhere || (link.dataset.open && drawer() === null)) return;
  event.preventDefault();
  if ("switch" in link.dataset) switchClaim(link.href);
  else if (link.dataset.open) openEvidence(link);
  else closeEvidence();
}

// A claim or a rule is switched off or on in place; the focus goes to what is supposed now.
async function switchClaim(url) {
  await showPage(url, { all: true });
  (document.getElementById("supposed") ?? document.getElementById("main")).focus();
}

async function openEvidence(link) {
  opener = link;
  await showPage(addressWith("open", link.dataset.open), { parts: "#drawer, #share" });
  document.getElementById("drawer-title")?.focus();
}

function closeEvidence() {
  drawer().hidden = true;
  drawer().replaceChildren();
  keepAddress(addressWith("open", null));
  announce(document.getElementById("said").dataset.closed);
  // The page may have been drawn anew, and the same link may also stand in what is folded.
  const links = [opener, ...document.querySelectorAll("a[data-open]")];
  const isBack = (each) => each?.dataset.open === opener?.dataset.open && each?.checkVisibility();
  (links.find(isBack) ?? document.getElementById("main")).focus();
}

// Shows one day after the other on which something happened, from the first after the last.
async function playDays({ target }) {
  playing = !playing;
  [target.textContent, target.dataset.other] = [target.dataset.other, target.textContent];
  while (playing && target.isConnected) {
    const next = document.querySelector("#steps [rel=next]")?.href ?? target.dataset.first;
    await showPage(next, { replaces: true });
    await new Promise((resolve) => setTimeout(resolve, PLAY_PAUSE_MS));
  }
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
  showPage(`${form.getAttribute("action")}?${query}`);
}

async function showPage(url, { all = false, replaces = false, parts = "[data-live], #drawer, #share" } = {}) {
  const found = await fetchPage(url);
  if (found === null) return;
  if (!found.ok) return void location.assign(url);
  keepAddress(found.url, replaces);
  document.title = found.document.title;
  for (const part of document.querySelectorAll(parts)) {
    const other = found.document.getElementById(part.id);
    if (other === null) return void location.reload();
    // A chosen value is in the control and not in its markup, so going back replaces every part.
    if (all || (part.outerHTML !== other.outerHTML && !part.contains(document.activeElement))) replacePart(part, other);
  }
  announce(document.querySelector("[data-say]")?.textContent ?? "");
}

function replacePart(part, other) {
  const id = part.contains(document.activeElement) ? document.activeElement.id : "";
  part.replaceWith(document.importNode(other, true));
  if (id) document.getElementById(id)?.focus({ preventScroll: true });
}

function keepAddress(url, replaces = false) {
  if (url !== location.href) history[replaces ? "replaceState" : "pushState"](null, "", url);
  known = currentState();
}

function addressWith(name, value) {
  const address = new URL(location.href);
  if (value === null) address.searchParams.delete(name);
  else address.searchParams.set(name, value);
  return address.href.replaceAll("%2F", "/").replaceAll("%2C", ",");
}
