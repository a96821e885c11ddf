// Type-ahead: a field with `data-suggest` (the nouns that it may name) becomes an ARIA combobox. A
// choice opens the record's page; in a field of actors it sends the form instead. Without scripts
// it is a plain field, and without an answer it stays one.
import { announce } from "./fetching.js";

const ROOT = new URL("../../", import.meta.url);
const PAUSE_MS = 120;
const MOST = 8;

export function enableSuggestions() {
  document.querySelectorAll("input[data-suggest]").forEach(enableField);
}

function enableField(input, number) {
  const list = makeElement("div", { id: `suggestions-${number}`, class: "suggestions", role: "listbox", "aria-label": document.getElementById("said").dataset.suggestions, hidden: "" });
  setAttributes(input, { role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id });
  input.parentElement.classList.add("suggesting");
  input.parentElement.append(list);
  let waiting = 0;
  input.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => suggest(input, list), PAUSE_MS);
  });
  input.addEventListener("blur", () => showOptions(input, list, []));
  input.addEventListener("keydown", (event) => moveWithKey(event, input, list));
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => chooseOption(input, event.target.closest("[role=option]")));
}

async function suggest(input, list) {
  const typed = input.value.trim();
  const query = new URLSearchParams({ q: typed, noun: input.dataset.suggest, limit: MOST });
  const answer = typed ? await fetch(new URL(`v1/suggest?${query}`, ROOT)).catch(() => null) : null;
  const found = answer?.ok ? (await answer.json()).data : [];
  if (input.value.trim() === typed && document.activeElement === input) showOptions(input, list, found);
}

function showOptions(input, list, found) {
  list.replaceChildren(...found.map(({ noun, id, text, matched }, index) => {
    const option = makeElement("div", { id: `${list.id}-${index}`, role: "option", "aria-selected": "false", "data-noun": noun, "data-record": id });
    const kind = makeElement("span", { class: "meta" }, ` ${noun.replace(/s$/, "")}${matched === text ? "" : `, ${matched}`}`);
    option.append(makeElement("bdi", {}, text), kind);
    return option;
  }));
  list.hidden = found.length === 0;
  input.setAttribute("aria-expanded", String(!list.hidden));
  input.removeAttribute("aria-activedescendant");
  if (found.length) announce(`${list.getAttribute("aria-label")}: ${found.length}`);
}

function moveWithKey(event, input, list) {
  const options = [...list.children];
  const active = options.findIndex((each) => each.ariaSelected === "true");
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (list.hidden || !(step || event.key === "Escape" || (event.key === "Enter" && active >= 0))) return;
  event.preventDefault();
  if (event.key === "Escape") return void showOptions(input, list, []);
  if (event.key === "Enter") return void chooseOption(input, options[active]);
  const next = options.at(active < 0 && step < 0 ? -1 : (active + step) % options.length);
  options.forEach((each) => each.setAttribute("aria-selected", String(each === next)));
  next.scrollIntoView({ block: "nearest" });
  input.setAttribute("aria-activedescendant", next.id);
}

function chooseOption(input, option) {
  if (input.name !== "actors") return void location.assign(new URL(`${option.dataset.noun}/${option.dataset.record}`, ROOT));
  input.value = option.dataset.record;
  input.form.requestSubmit();
}

function makeElement(tag, attributes, text = "") {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  element.textContent = text;
  return element;
}

function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
}
