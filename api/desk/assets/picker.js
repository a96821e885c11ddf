// A field that names records: it suggests them while a name is typed, and makes new ones.

import { suggest } from "./api.js";
import { identify, labelOf, listRecords, nameOf, wordsOf } from "./coded.js";
import { announce, button, h } from "./dom.js";
import { BESIDE, NAMED_BY, SINGULAR } from "./fields.js";

const PAUSE = 90, PATIENCE = 1500;
const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().trim();
const splitSign = (text) => (text.startsWith("!") ? ["!", text.slice(1).trimStart()] : ["", text]);

/**
 * Make a combobox. `slot` is {read, write} of one value, or of a list with `many`; a list also has
 * {readPending, writePending} for what is typed and not chosen yet.
 */
export function makePicker(ctx, noun, id, slot) {
  const input = h("input", {
    id, role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": `${id}-list`,
    "data-noun": noun, autocomplete: "off", spellcheck: "false", oninput: hear, onkeydown: press, onblur: leave, onfocus: () => input.select(),
  });
  const list = h("ul", { id: `${id}-list`, role: "listbox", tabindex: "-1", "aria-label": "Suggestions", hidden: true });
  const chips = h("span", { class: "chips" });
  let options = [], active = -1, asked = 0, waiting = null, timer = 0;

  function draw() {
    if (!slot.many) { input.value = labelOf(ctx.draft, noun, slot.read() ?? ""); return; }
    input.value = slot.readPending() ?? "";
    chips.replaceChildren(...(slot.read() ?? []).map((value, index) => {
      const label = labelOf(ctx.draft, noun, value).replace(/^!/, "not: ");
      return h("span", { class: "chip", dir: "auto" }, label, button("×", () => remove(index), { "aria-label": `Remove ${label}` }));
    }));
  }

  function remove(index) {
    slot.write(slot.read().filter((_, at) => at !== index));
    draw();
    input.focus();
  }

  function hear() {
    const typed = input.value;
    if (slot.many) slot.writePending(typed); else slot.write(typed);
    const [, name] = splitSign(typed);
    offer(name, []);
    clearTimeout(timer);
    if (!name.trim()) { waiting = null; close(); return; }
    const mine = (asked += 1);
    waiting = new Promise((resolve) => { timer = setTimeout(resolve, PAUSE); })
      .then(() => (mine === asked ? suggest(noun, name) : []))
      .then((found) => { if (mine === asked) { waiting = null; offer(name, found); } });
  }

  function offer(name, found) {
    const like = fold(name), least = ["actors", "conflicts", "issues"].includes(noun) ? 1 : 0; // Ukraine is not Bank of Ukraine
    const own = listRecords(ctx.draft, noun).map((record) => {
      const names = [nameOf(ctx.draft, noun, record), ...(record.aliases ?? []), noun === "statements" ? wordsOf(ctx.draft, record) : ""].map(fold);
      const score = names.includes(like) ? 3 : names.some((each) => each.startsWith(like)) ? 2 : names.some((each) => each.includes(like)) ? 1 : 0;
      return { record, score, text: nameOf(ctx.draft, noun, record), about: "in this draft" };
    }).filter((each) => each.score).sort((a, b) => b.score - a.score).slice(0, 5);
    const stored = found.filter((each) => !own.some((mine) => mine.record.id === each.id))
      .map((each) => ({ id: each.id, text: each.text, matched: each.matched, about: each.matched === each.text ? "on record" : `on record, ${each.matched}` }));
    const fitsName = (called) => (least ? fold(called ?? "").startsWith(like) : fold(called ?? "").includes(like));
    const fits = (each) => (each.record ? each.score > least : [each.text, each.matched].some(fitsName));
    const fresh = BESIDE.includes(noun) && noun !== "axioms" ? [{ text: name.trim(), about: `new ${SINGULAR[noun]}`, isNew: true }] : [];
    const all = [...own, ...stored];
    options = [...all.filter(fits), ...fresh, ...all.filter((each) => !fits(each))]; // Enter takes the first row
    active = fresh.length || all.some(fits) ? 0 : -1;
    show();
  }

  function show() {
    list.replaceChildren(...options.map((each, index) => h("li", {
      role: "option", id: `${id}-${index}`, "aria-selected": String(index === active),
      onmousedown: (event) => event.preventDefault(), onclick: () => take(each),
    }, h("span", { dir: "auto" }, each.text), " ", h("small", {}, each.about))));
    const isOpen = options.length > 0 && document.activeElement === input;
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    if (active >= 0) input.setAttribute("aria-activedescendant", `${id}-${active}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    [options, active] = [[], -1];
    show();
  }

  function take(option) {
    const [sign] = splitSign(input.value);
    let value = option.id;
    if (option.isNew) {
      const made = { [NAMED_BY[noun]]: option.text };
      ctx.draft[noun].push(made);
      value = identify(ctx.draft, noun, made);
      announce(`New ${SINGULAR[noun]}: ${option.text}`);
    } else if (option.record) value = identify(ctx.draft, noun, option.record);
    else ctx.draft.labels[`${noun}/${value}`] = option.text;
    put(sign + value);
    slot.taken?.();
    if (option.isNew) ctx.madeNew?.(noun);
  }

  function put(value) {
    asked += 1;
    waiting = null;
    if (slot.many) {
      slot.writePending("");
      if (!(slot.read() ?? []).includes(value)) slot.write([...(slot.read() ?? []), value]);
    } else slot.write(value);
    close();
    draw();
  }

  /** Take what is typed: an equal name, else what is highlighted, else the words as a name. */
  async function commit() {
    const typed = input.value.trim();
    if (!typed || (!slot.many && typed === labelOf(ctx.draft, noun, slot.read() ?? "") && slot.read() !== typed)) { close(); return; }
    if (waiting) await Promise.race([waiting, new Promise((resolve) => { setTimeout(resolve, PATIENCE); })]);
    if (input.value.trim() !== typed) return;
    const [sign, name] = splitSign(typed);
    if (!options.length) offer(name, await suggest(noun, name)); // it was typed before the form was drawn
    const called = (each) => [each.text, each.matched, ...(each.record?.aliases ?? [])].some((one) => one && fold(one) === fold(name));
    const chosen = options.find((each) => !each.isNew && called(each)) ?? options[active];
    if (chosen) take(chosen);
    else if (slot.many || slot.read() !== typed) put(sign + name);
  }

  function leave() {
    if (document.activeElement !== input) ctx.settling = Promise.all([ctx.settling, commit()]);
  }

  function press(event) {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!options.length) hear();
      else active = (active + (event.key === "ArrowDown" ? 1 : options.length - 1) + (active < 0 && event.key === "ArrowUp" ? 1 : 0)) % options.length;
      show();
      event.preventDefault();
    } else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey && input.value.trim()) {
      event.preventDefault();
      event.stopPropagation();
      const before = slot.many ? null : event.target;
      ctx.settling = Promise.all([ctx.settling, commit()]);
      if (before) ctx.focusNext(before);
    } else if (event.key === "Escape" && !list.hidden) {
      event.stopPropagation();
      close();
    } else if (event.key === "Backspace" && slot.many && !input.value && slot.read()?.length) remove(slot.read().length - 1);
  }

  draw();
  return h("span", { class: slot.many ? "picker many" : "picker" }, slot.many ? chips : null, input, list);
}
