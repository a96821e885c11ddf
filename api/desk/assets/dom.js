// Elements from plain values. Texts become text nodes: nothing is ever parsed as markup.

/** Make an element; `on…` are listeners, `undefined` and `false` leave an attribute out. */
export function h(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === false || value === null) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((each) => each !== null && each !== undefined && each !== false));
  return made;
}

export const button = (text, onclick, more = {}) => h("button", { type: "button", onclick, ...more }, ...[text].flat());

const byId = (id) => document.getElementById(id);

/** Say something to those who listen, and nobody else. */
export function announce(text) {
  byId("said").textContent = text;
}

/** Tell of trouble, or, without a text, that it is over. */
export function tellTrouble(error) {
  byId("trouble").textContent = error ? error.message ?? String(error) : "";
}

/** Run what may be refused, and tell of it. */
export async function attempt(act) {
  try {
    const result = await act();
    tellTrouble();
    return result;
  } catch (error) {
    tellTrouble(error);
    return undefined;
  }
}

let numbered = 0;
/** Return an id for an element that a label names. */
export const freshId = () => `e${(numbered += 1)}`;

/** Show a day and a time as the pages do. */
export const tellTime = (instant) => new Intl.DateTimeFormat("en-GB",
  { dateStyle: "long", timeStyle: "short" }).format(new Date(instant));
