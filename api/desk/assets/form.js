// Forms from the tables in fields.js. Every keystroke goes into the record at once.

import { button, freshId, h } from "./dom.js";
import { FORCE_QUESTIONS, FORMS } from "./fields.js";
import { makePicker } from "./picker.js";

/** Make the form of a record. `ctx` has draft, vocabulary and changed(); `done` closes it. */
export function makeForm(ctx, noun, record, { done, title, only = () => true } = {}) {
  const fields = FORMS[noun].filter(only);
  const main = fields.filter((each) => each.main && (each.when?.(record) ?? true));
  const rest = fields.filter((each) => !each.main);
  const isFilled = rest.some((each) => each.kind !== "flag" && record[each.name] !== undefined && record[each.name] !== "" && record[each.name]?.length !== 0);
  const form = h("div", { class: "form", role: "group", "data-open": Boolean(done), "aria-label": title ?? noun, onkeydown: press },
    h("div", { class: "sentence" }, main.map((each) => makeField(ctx, each, record))),
    rest.length ? h("details", { open: isFilled }, h("summary", {}, "More"), rest.map((each) => makeField(ctx, each, record))) : null,
    done ? button("Done", done, { class: "done", title: "Ctrl+Enter" }) : null);

  function press(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      event.target.blur(); // takes what is typed in a picker
      done?.();
    } else if (event.key === "Enter" && ["INPUT", "SELECT"].includes(event.target.tagName)) {
      event.preventDefault();
      ctx.focusNext(event.target);
    }
  }
  return form;
}

const CONTROLS = "input, select, textarea";

/** Focus the first field of a form that is not filled, or the one that is named. */
export function focusForm(form, name) {
  const named = name && form.querySelector(`[data-field="${CSS.escape(name)}"]`);
  if (named?.closest("details")) named.closest("details").open = true;
  const open = [...form.querySelectorAll(`.sentence :is(${CONTROLS})`)];
  const isBlank = (each) => !each.value && !each.closest(".picker")?.querySelector(".chip");
  const guessed = open.find((each) => each.closest('[data-field="force"]')); // to be checked, in any case
  const blank = open.find(isBlank);
  (named?.querySelector(CONTROLS) ?? (guessed && open.indexOf(blank) > open.indexOf(guessed) ? guessed : blank) ?? open[0] ?? form.querySelector(CONTROLS))?.focus();
}

/** Focus the control behind another one in its form. */
export function focusNext(control) {
  const all = [...control.closest(".form").querySelectorAll(`${CONTROLS}, button.done`)].filter((each) => each.checkVisibility());
  all[all.indexOf(control) + 1]?.focus();
}

function makeField(ctx, field, record) {
  const id = freshId();
  const wrap = (tag, ...inner) => h(tag, { class: `field ${field.wide || field.kind === "long" ? "wide" : ""}`, "data-field": field.name }, ...inner);
  if (field.kind === "parts" || field.kind === "groups") {
    return wrap("fieldset", h("legend", {}, field.label), field.kind === "parts" ? makeParts(ctx, field, record) : makeGroups(ctx, field, record));
  }
  const label = h("label", { for: id }, field.label);
  const control = makeControl(ctx, field, record, id);
  return wrap("div", ...(field.kind === "flag" && !field.unsaid ? [control, label] : [label, control]));
}

function makeControl(ctx, field, record, id) {
  const put = (value) => { record[field.name] = value; ctx.changed(); };
  const typed = (event) => put(event.target.value);
  switch (field.kind) {
    case "long": return h("textarea", { id, rows: "2", dir: "auto", oninput: typed, value: record[field.name] ?? "" });
    case "code": return makeSelect(ctx, field, record, id, put);
    case "ref": return makePicker(ctx, field.noun, id, { read: () => record[field.name], write: put, taken: () => emptyOther(field.empties, record, id) });
    case "refs": return makePicker(ctx, field.noun, id, { many: true, read: () => record[field.name], write: put,
      readPending: () => record[`_${field.name}`], writePending: (value) => { record[`_${field.name}`] = value; ctx.changed(); } });
    case "words": {
      const split = (event) => put(event.target.value.split(",").map((each) => each.trim()).filter(Boolean));
      const hint = field.list ? ctx.vocabulary[field.list]?.slice(0, 3).map((each) => each.value).join(", ") : "separated by commas";
      return h("input", { id, dir: "auto", placeholder: hint, oninput: split, value: (record[field.name] ?? []).join(", ") });
    }
    case "flag": {
      if (!field.unsaid) return h("input", { id, type: "checkbox", checked: Boolean(record[field.name]), onchange: (event) => { put(event.target.checked); if (field.yes) ctx.redraw?.(); } });
      const chosen = record[field.name] === undefined || record[field.name] === null ? "" : String(record[field.name]);
      const options = [["", "not said"], ["true", "yes"], ["false", "no"]];
      return h("select", { id, onchange: (event) => put({ true: true, false: false }[event.target.value]) },
        options.map(([value, name]) => h("option", { value, selected: value === chosen }, name)));
    }
    default: return h("input", { id, dir: "auto", placeholder: field.hint, oninput: typed, value: record[field.name] ?? "" });
  }
}

/** Empty a field that a chosen record makes needless; its words can still be read in it. */
function emptyOther(name, record, id) {
  const other = record[name] && document.getElementById(id)?.closest(".form").querySelector(`[data-field="${name}"] input`);
  if (other) Object.assign(other, { value: "", placeholder: `was: ${record[name]}` });
  delete record[name];
}

function makeSelect(ctx, field, record, id, put) {
  const values = new Map((ctx.vocabulary[field.list] ?? []).map((each) => [each.value, each.about]));
  const option = (value) => h("option", { value, selected: record[field.name] === value, title: values.get(value) },
    `${value.replaceAll("_", " ")} – ${values.get(value) ?? ""}`.replace(/ – $/, "").replaceAll("`", ""));
  const groups = field.list === "force" ? FORCE_QUESTIONS.map(([label, some]) => h("optgroup", { label }, some.map(option)))
    : [...values.keys()].map(option);
  return h("select", { id, onchange: (event) => put(event.target.value) }, h("option", { value: "" }, "choose…"), groups);
}

function makeParts(ctx, field, record) {
  const body = h("div", {});
  const entries = () => (field.one ? (record[field.name] ? [record[field.name]] : []) : record[field.name] ?? []);
  const store = (list) => { record[field.name] = field.one ? list[0] : list; ctx.changed(); draw(); };
  const more = button(`Add`, () => {
    store([...entries(), {}]);
    body.lastElementChild.querySelector(CONTROLS).focus();
  }, { "aria-label": `Add: ${field.label}` });
  function draw() {
    body.replaceChildren(...entries().map((each, index) => h("div", { class: "part" },
      field.fields.map((inner) => makeField(ctx, inner, each)),
      button("Remove", () => store(entries().filter((_, at) => at !== index)), { "aria-label": `Remove: ${field.label} ${index + 1}` }))));
    more.hidden = field.one && entries().length > 0;
  }
  draw();
  return [body, more];
}

/** Alternatives: all members of any one of them. */
function makeGroups(ctx, field, record) {
  record[field.name] ??= [];
  const body = h("div", {});
  function draw() {
    const count = Math.max(record[field.name].length, 1);
    body.replaceChildren(...Array.from({ length: count }, (_, index) => {
      const id = freshId();
      const picker = makePicker(ctx, field.noun, id, { many: true, read: () => record[field.name][index] ?? [],
        write: (value) => { record[field.name][index] = value; ctx.changed(); },
        readPending: () => record[`_${field.name}${index}`], writePending: (value) => { record[`_${field.name}${index}`] = value; ctx.changed(); } });
      return h("div", {}, h("label", { for: id, class: index ? "" : "unseen" }, index ? "or all of" : "all of"), picker);
    }));
  }
  draw();
  return [body, button("+ alternative", () => { record[field.name].push([]); draw(); })];
}
