// Evidence beside the page: a link to a record opens it there, the focus follows, and comes back to
// the link when it is closed. The address names what lies open, so that it can be passed on.
import { push } from "./address.js";
import { page, say } from "./fetching.js";

let opener = null;

export function watch() {
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = event.target.closest("a[data-open], a[data-close]");
    if (link === null || drawer() === null) return;
    event.preventDefault();
    if (link.dataset.open) open(link);
    else close();
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && drawer() && !drawer().hidden) close();
  });
}

const drawer = () => document.getElementById("drawer");

async function open(link) {
  const found = await page(link.getAttribute("href"));
  if (found === null) return;
  const record = found.document.getElementById("record");
  if (!found.ok || record === null) {
    location.assign(link.href);
    return;
  }
  opener = link.dataset.open;
  const address = new URL(location.href);
  address.searchParams.set("open", opener);
  push(readable(address));
  fill(record);
}

function fill(record) {
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

function close() {
  const place = drawer();
  place.hidden = true;
  place.replaceChildren();
  push(closedAddress());
  say("Closed");
  const links = [...document.querySelectorAll("a[data-open]")];
  const back = links.find((each) => each.dataset.open === opener) ?? document.getElementById("main");
  back.focus();
}

function closedAddress() {
  const address = new URL(location.href);
  address.searchParams.delete("open");
  return readable(address);
}

function readable(address) {
  return address.href.replaceAll("%2F", "/").replaceAll("%2C", ",");
}
