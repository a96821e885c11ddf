// Fetches pages of this server; of several requests only the newest counts. A slow answer marks the
// page as busy. Without an answer, or with a server error, a message offers to try again.
const BUSY_AFTER_MS = 300;
let latest = 0;

export async function fetchPage(url) {
  const mine = ++latest;
  const waiting = setTimeout(() => document.body.classList.add("busy"), BUSY_AFTER_MS);
  const answer = await fetchText(url);
  clearTimeout(waiting);
  if (mine !== latest) return null;
  document.body.classList.remove("busy");
  const failed = answer === null || answer.status >= 500;
  showTrouble(failed ? url : null);
  return failed ? null : { ...answer, document: new DOMParser().parseFromString(answer.text, "text/html") };
}

async function fetchText(url) {
  try {
    const answer = await fetch(url);
    return { url: answer.url, ok: answer.ok, status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

function showTrouble(url) {
  const place = document.getElementById("trouble");
  place.replaceChildren();
  if (url === null) return;
  const again = document.createElement("a");
  again.href = url;
  again.textContent = place.dataset.again;
  place.append(`${place.dataset.told} `, again);
}

// Announces a text to screen readers.
export function announce(text) {
  document.getElementById("said").textContent = text;
}
