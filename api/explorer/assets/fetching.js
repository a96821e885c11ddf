// Reads pages of this server, the newest request winning. An answer that takes long is shown to be;
// where none comes, or the fault is the server's, a message says so and leads to the page itself.
const PATIENCE = 300;
let latest = 0;

export async function page(url) {
  const mine = ++latest;
  const waiting = setTimeout(() => document.body.classList.add("busy"), PATIENCE);
  const answer = await answered(url);
  clearTimeout(waiting);
  if (mine !== latest) return null;
  document.body.classList.remove("busy");
  const failed = answer === null || answer.status >= 500;
  warn(failed ? url : null);
  return failed ? null : { ...answer, document: new DOMParser().parseFromString(answer.text, "text/html") };
}

async function answered(url) {
  try {
    const answer = await fetch(url);
    return { url: answer.url, ok: answer.ok, status: answer.status, text: await answer.text() };
  } catch {
    return null;
  }
}

function warn(url) {
  const place = document.getElementById("trouble");
  place.replaceChildren();
  if (url === null) return;
  const again = document.createElement("a");
  again.href = url;
  again.textContent = "Try again";
  place.append("The server could not answer, so this page shows what it showed before. ", again);
}

export function say(text) {
  document.getElementById("said").textContent = text;
}
