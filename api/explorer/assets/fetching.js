// Reads pages of this server, the newest request winning; an answer that takes long is shown to be.
const PATIENCE = 300;
let latest = 0;

export async function page(url) {
  const mine = ++latest;
  const waiting = setTimeout(() => document.body.classList.add("busy"), PATIENCE);
  try {
    const answer = await fetch(url, { headers: { Accept: "text/html" } });
    const text = await answer.text();
    if (mine !== latest) return null;
    return { url: answer.url, ok: answer.ok, document: new DOMParser().parseFromString(text, "text/html") };
  } finally {
    clearTimeout(waiting);
    if (mine === latest) document.body.classList.remove("busy");
  }
}

export function say(text) {
  document.getElementById("said").textContent = text;
}
