// Requests to the API, with the key of this tab. Nothing else of the desk talks to the server.

const KEY = "sinequanon-key", NAME = "sinequanon-name";
const FORM = /^sqn_[0-9A-Za-z_-]{43,48}$/;
const listeners = new Set();
let newest = 0; // the newest changeset that the desk was told of: nothing older may be shown

/** A refusal: an RFC 9457 problem, or `status` 0 if no answer came. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.errors = body.errors ?? [];
  }
}

export const readKey = () => sessionStorage.getItem(KEY);
export const readName = () => sessionStorage.getItem(NAME) ?? "";
/** Call a listener when the key or what is known of it changes; returns how to stop. */
export const onKey = (listener) => { listeners.add(listener); return () => listeners.delete(listener); };
const keyChanged = () => listeners.forEach((each) => each());

/** Keep a key in this tab, or forget it; returns whether it has the form of one. */
export function keepKey(key, name = "") {
  const right = FORM.test(key);
  if (right) {
    sessionStorage.setItem(KEY, key);
    sessionStorage.setItem(NAME, name);
  } else if (!key) sessionStorage.clear();
  if (right || !key) rights = null;
  keyChanged();
  return right;
}

let rights = null;
/** Whether the key of this tab has a scope; yes as long as the server has not told. */
export const mayUse = (scope) => rights?.may.includes(scope) ?? true;
/** Whether the whole text may be sent; in what is only proposed, the reviewer's key attaches it. */
export const mayAttach = () => mayUse("texts") || !mayUse("write");
export const readEnd = () => rights?.expires_at;

/** Ask whose key it is and what it may do; throws a Problem. */
export async function loadRights() {
  rights = null;
  if (!readKey()) return;
  rights = (await ask("GET", "/v1/submissions?limit=1")).body.key;
  sessionStorage.setItem(NAME, rights.name);
  keyChanged();
}

/** Take a key out of the fragment, before anything else can read the address. */
export function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1));
  if (!given.has("key")) return;
  history.replaceState(null, "", `${location.pathname}#/`);
  keepKey(given.get("key"), (given.get("name") ?? "").slice(0, 200));
}

/** Send one request; returns {status, body, tag, changeset}, or throws a Problem. */
export async function ask(method, path, body, tag) {
  const headers = {};
  if (readKey()) headers.Authorization = `Bearer ${readKey()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (tag) headers["If-Match"] = tag;
  if (newest && method === "GET") headers["Sinequanon-Min-Changeset"] = newest;
  let response, told;
  try {
    response = await fetch(new URL(path.replace(/^\//, ""), document.baseURI), {
      method, headers, body: body && JSON.stringify(body), credentials: "omit",
      cache: method === "GET" ? "no-cache" : "no-store", referrerPolicy: "no-referrer",
    });
    told = await response.text();
  } catch {
    throw new Problem(0, { detail: "The server does not answer. Your draft is safe in this browser." });
  }
  let parsed = {};
  try { parsed = told ? JSON.parse(told) : {}; } catch { /* a proxy's page */ }
  if (!response.ok) throw new Problem(response.status, parsed);
  const headerOf = (name) => response.headers.get(name);
  const changeset = Number(headerOf("Sinequanon-Changeset")) || null;
  newest = Math.max(newest, changeset);
  return { body: parsed, tag: headerOf("ETag"), changeset };
}

const vocabulary = {};

/** Return the code lists of the registry: {force: [{value, about}, …], …}. */
export async function loadVocabulary() {
  if (!vocabulary.force) {
    const { body } = await ask("GET", "/v1/vocabulary");
    for (const each of body.data) vocabulary[each.name] = each.values;
  }
  return vocabulary;
}

/** Suggest records by a name; none if the server does not answer. */
export async function suggest(noun, text, limit = 6) {
  const query = new URLSearchParams({ q: text.slice(0, 200), noun, limit });
  return ask("GET", `/v1/suggest?${query}`).then((told) => told.body.data, () => []);
}
