// Texts and places in them. The registry counts code points, a browser UTF-16 units.

/** Return the code points before an index of UTF-16 units; an index within a pair is before it. */
export function countPoints(text, index = text.length) {
  let points = 0;
  for (let at = 0; at < index; points += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
    if (at > index) return points;
  }
  return points;
}

/** Return the index of UTF-16 units at which a code point begins. */
export function findUnit(text, point) {
  let at = 0;
  for (let passed = 0; passed < point && at < text.length; passed += 1) {
    at += text.codePointAt(at) > 0xffff ? 2 : 1;
  }
  return at;
}

/** Return the words from one code point to another. */
export const cut = (text, start, end) => text.slice(findUnit(text, start), findUnit(text, end));

/** Return [start, end] in code points of a range of units, without blanks at its edges. */
export function trimSpan(text, from, to) {
  const words = text.slice(from, to);
  const start = from + (words.length - words.trimStart().length);
  const end = to - (words.length - words.trimEnd().length);
  if (start >= end) return null;
  const first = countPoints(text, start);
  const splitsPair = /[\ud800-\udbff]/.test(text[end - 1]) && /[\udc00-\udfff]/.test(text[end] ?? "");
  return [first, first + countPoints(text.slice(findUnit(text, first), end + (splitsPair ? 1 : 0)))];
}

/** Find "the beginning … the end", in code points, from a code point on, and then from the top. */
export function findWords(text, typed, after = 0) {
  const [first, last] = typed.split(/\s*(?:…|\.{3})\s*/, 2);
  if (!first.trim()) return null;
  const lower = text.toLowerCase().length === text.length ? text.toLowerCase() : text;
  const fold = (words) => (lower === text ? words : words.toLowerCase());
  const beyond = findUnit(text, after);
  let from = lower.indexOf(fold(first), beyond);
  if (from < 0) from = lower.indexOf(fold(first));
  if (from < 0) return null;
  let to = from + first.length;
  if (last) {
    const at = lower.indexOf(fold(last), to);
    if (at < 0) return null;
    to = at + last.length;
  }
  const start = countPoints(text, from);
  return [start, start + countPoints(text.slice(from, to))];
}

/** Split a text where spans begin or end: [{start, end, over: [spans]}, …] in code points. */
export function splitAtSpans(length, spans) {
  const edges = [...new Set([0, length, ...spans.flatMap((each) => [each.start, each.end])])]
    .filter((each) => each >= 0 && each <= length).sort((a, b) => a - b);
  return edges.slice(0, -1).map((start, index) => ({
    start, end: edges[index + 1],
    over: spans.filter((each) => each.start <= start && each.end > start),
  }));
}

/** Make a text that the registry takes: no lone surrogates, no NUL. */
export const cleanText = (text) => text.toWellFormed().replaceAll("\0", "\ufffd");

/** Read a file as text; of an .html file only its words. */
export async function readFile(file) {
  const raw = await file.text();
  return cleanText(/\.html?$/i.test(file.name) ? readMarkup(raw) : raw);
}

const policy = globalThis.trustedTypes?.createPolicy("desk-files", { createHTML: (text) => text });

/** Return the words of a page. A parsed document runs nothing and loads nothing. */
export function readMarkup(raw) {
  const page = new DOMParser().parseFromString(policy ? policy.createHTML(raw) : raw, "text/html");
  page.querySelectorAll("script, style, template, noscript, iframe, svg, nav, head").forEach((each) => each.remove());
  page.querySelectorAll("p, div, h1, h2, h3, h4, h5, h6, li, tr, blockquote, article, section, br")
    .forEach((each) => each.after("\n\n"));
  return page.body.textContent.replace(/[ \t]+/g, " ").replace(/ ?\n ?/g, "\n").replace(/\n{3,}/g, "\n\n").trim();
}

/** Return the SHA-256 of a text in UTF-8; null where the browser has none (plain HTTP). */
export async function hashText(text) {
  if (!globalThis.crypto?.subtle) return null;
  const made = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return [...new Uint8Array(made)].map((each) => each.toString(16).padStart(2, "0")).join("");
}

/** Return a short id that nobody else makes: words of a name, and random letters. */
export function makeId(name) {
  const words = name.normalize("NFKD").toLowerCase().replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "").slice(0, 40).replace(/-$/, "");
  const drawn = [...crypto.getRandomValues(new Uint8Array(8))].map((each) => (each % 36).toString(36));
  return `${words ? `${words}-` : "r"}${drawn.join("")}`;
}
