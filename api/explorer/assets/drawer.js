// Evidence beside the page: a link to a record opens it in the drawer and moves the focus there.
// Closing it moves the focus back to the link. The address names the open record, so that it can be
// shared.
import { pushAddress } from "./address.js";
import { announce, fetchPage } from "./fetching.js";

let opener = null;

export function enableDrawer() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-open], a[data-close]");
    if (link === null || drawer() === null) return;
    event.preventDefault();
    if (link.dataset.open) openRecord(link);
    else closeDrawer();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer() && !drawer().hidden) closeDrawer();
  });
}

const drawer = () => document.getElementById("drawer");

async function openRecord(link) {
  const found = await fetchPage(link.getAttribute("href"));
  if (found === null) return;
  const record = found.document.getElementById("record");
  if (!found.ok || record === null) {
    location.assign(link.href);
    return;
  }
  opener = link;
  const address = new URL(location.href);
  address.searchParams.set("open", link.dataset.open);
  pushAddress(formatAddress(address));
  fillDrawer(record);
}

function fillDrawer(record) {
  const place = drawer();
  const back = document.createElement("a");
  back.className = "close";
  back.dataset.close = "";
  back.href = closedAddress();
  back.textContent = "Close";
  const title = document.createElement("h2");
  title.id = "drawer-title";
  title.tabIndex = -1;
  title.textContent = record.querySelector("h1").textContent;
  for (const heading of record.querySelectorAll("h2")) {
    const lower = document.createElement("h3");
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
  record.querySelector(".kicker")?.remove();
  record.querySelector("h1").remove();
  place.replaceChildren(back, title, ...record.childNodes);
  place.hidden = false;
  place.scrollTop = 0;
  title.focus();
}

function closeDrawer() {
  const place = drawer();
  place.hidden = true;
  place.replaceChildren();
  pushAddress(closedAddress());
  announce("Closed");
  // The page may have been drawn anew, and the same link may also stand in what is folded.
  const links = [opener, ...document.querySelectorAll("a[data-open]")];
  const isBack = (each) => each?.dataset.open === opener?.dataset.open && each?.checkVisibility();
  (links.find(isBack) ?? document.getElementById("main")).focus();
}

function closedAddress() {
  const address = new URL(location.href);
  address.searchParams.delete("open");
  return formatAddress(address);
}

function formatAddress(address) {
  return address.href.replaceAll("%2F", "/").replaceAll("%2C", ",");
}
