// The records of a draft: how people call them, and the coded source that they make.

import { BESIDE, FORMS, NAMED_BY } from "./fields.js";
import { cut, makeId } from "./text.js";

const UNDER = ["positions", "preconditions"];
const VERBS = {
  deny: "denies", leave_open: "leaves open", accept_conditionally: "accepts under conditions",
  concern: "is concerned by", warn: "warns of", accuse: "accuses them that", abstain: "abstains on",
};

/** Return the words of a statement. */
export const wordsOf = (draft, statement) => cut(draft.text, statement.start, statement.end);

/** List the records of a noun in a draft. */
export function listRecords(draft, noun) {
  if (noun === "statements") return draft.statements;
  if (UNDER.includes(noun)) return draft.statements.flatMap((each) => each[noun]);
  return draft[noun] ?? [];
}

/** Return how people call a record of a draft. */
export function nameOf(draft, noun, record) {
  if (noun === "statements") return record.keep ? wordsOf(draft, record) : record.gist || wordsOf(draft, record);
  if (UNDER.includes(noun)) return tellRecord(draft, noun, record);
  return record[NAMED_BY[noun]] || "";
}

/** Return how people call what a field names: a record of the draft, one on record, or a name. */
export function labelOf(draft, noun, value) {
  if (typeof value !== "string") return "";
  const sign = value.startsWith("!") ? "!" : "", id = value.slice(sign.length);
  const own = listRecords(draft, noun).find((each) => each.id === id);
  return sign + ((own && nameOf(draft, noun, own)) || draft.labels[`${noun}/${id}`] || id);
}

/** Return the id by which other records of the draft name a record; it gets one if it has none. */
export function identify(draft, noun, record) {
  record.id ||= makeId(nameOf(draft, noun, record));
  return record.id;
}

/** Tell a position or a condition as a sentence. */
export function tellRecord(draft, noun, record) {
  const say = (name, of) => labelOf(draft, of, record[name]) || "…";
  const readable = (value) => labelOf(draft, "propositions", value).replace(/^!/, "not: ").replace(/\.$/, "");
  if (noun === "positions") {
    const verb = VERBS[record.force] ?? (record.force ? `${record.force.replaceAll("_", " ")}s` : "…");
    const about = record.proposition ? readable(record.proposition) : record.responds_to ? "the proposal" : "…";
    return `${say("holder", "actors")} ${verb}: ${record.negated ? "not: " : ""}${about}`;
  }
  const groups = (record.antecedents ?? []).map((each) => each.map(readable).join(" and ")).filter(Boolean);
  const first = { none: "no condition", unspecified: "conditions that are not named" }[record.antecedents_kind]
    ?? (groups.join(", or ") || "…");
  const then = (record.consequents ?? []).map(readable).join("; ") || "…";
  return `${say("holder", "actors")}: ${first} before ${then}`;
}

const isEmpty = (value) => value === undefined || value === null || value === ""
  || (Array.isArray(value) && value.length === 0) || (typeof value === "object" && Object.keys(value).length === 0);

/** Return a value without its empty parts; false is a value only where it says something. */
function tidy(field, value) {
  if (typeof value === "string") value = field.kind === "text" && field.name !== "cue" ? value.trim() : value;
  if (field.kind === "flag" && !value) return field.unsaid && value === false ? false : undefined;
  if (field.number) return Number.isFinite(Number(value)) && value !== "" ? Number(value) : value;
  if (field.kind === "groups") value = (value ?? []).filter((each) => each.length);
  if (field.kind === "parts") {
    const inner = (each) => tidyAll(field.fields, each);
    value = field.one ? inner(value ?? {}) : (value ?? []).map(inner).filter((each) => !isEmpty(each));
  }
  return isEmpty(value) ? undefined : value;
}

function tidyAll(fields, record) {
  const made = {};
  for (const field of fields) {
    const value = field.name === "keep" ? undefined : tidy(field, record[field.name]);
    if (value !== undefined) made[field.name] = value;
  }
  return made;
}

function write(noun, record) {
  const made = { ...(record.id ? { id: record.id } : {}), ...tidyAll(FORMS[noun], record) };
  for (const doubt of made.doubts ?? []) doubt.field = FORMS[noun].find((each) => each.label === doubt.field)?.name ?? doubt.field;
  if (made.aliases?.includes(made.name)) made.aliases = made.aliases.filter((each) => each !== made.name);
  return made;
}

function writeStatement(draft, statement) {
  if (statement.onRecord) return { id: statement.onRecord };
  const made = write("statements", statement);
  if (statement.keep) delete made.gist;
  return { ...made, [statement.keep ? "exact" : "span"]: wordsOf(draft, statement), start: statement.start };
}

/**
 * Make the coded source of a draft. `places` has what stands at each pointer: [noun, record,
 * statement]. `known` is the source if the text is on record.
 */
export function composeDraft(draft, { known = null, hash = null } = {}) {
  const places = new Map([["/source", ["source", draft.source, null]]]);
  const written = write("source", draft.source);
  const whole = draft.attach ? { text: draft.text }
    : hash ? { text_sha256: hash, text_length: [...draft.text].length } : {};
  const made = { source: known ? { id: known.id, ...(draft.attach ? { text: draft.text } : {}) } : { ...written, ...whole } };
  places.set("/conflict", ["draft", draft, null]);
  if (draft.conflict?.trim()) made.conflict = draft.conflict;
  for (const noun of BESIDE) {
    if (!draft[noun].length) continue;
    made[noun] = draft[noun].map((each, index) => {
      places.set(`/${noun}/${index}`, [noun, each, null]);
      return write(noun, each);
    });
  }
  made.statements = draft.statements.map((each, index) => {
    const place = `/statements/${index}`, own = writeStatement(draft, each);
    places.set(place, ["statements", each, each]);
    for (const noun of UNDER) {
      if (!each[noun].length) continue;
      own[noun] = each[noun].map((record, at) => {
        places.set(`${place}/${noun}/${at}`, [noun, record, each]);
        return write(noun, record);
      });
    }
    return own;
  });
  if (!made.statements.length) delete made.statements;
  return { document: made, places };
}

/** Return how a form calls what a path below its record names: “Components 1, Label”. */
function labelField(noun, path) {
  const [name, index, last = index] = path.split("/"), find = (fields, one) => fields?.find((each) => each.name === one);
  const field = find(FORMS[noun], name), inner = find(field?.fields, last);
  return inner ? `${field.label}${last === index ? "" : ` ${Number(index) + 1}`}, ${inner.label}` : field?.label;
}

/** Return a fault as the forms would say it: with their labels, and without ids to copy. */
export function tellPlainly(place, detail) {
  const findField = (name) => FORMS[place?.noun]?.find((each) => each.name === name);
  if (/^is required/.test(detail)) return `is missing${findField(place?.field)?.instead ?? ""}.`;
  return detail.replace(/: .*; write the id$/, ": choose one of the list").replace(/\bpreconditions?\b/g, (name) => name.slice(3))
    .replace(/\b[a-z]+_[a-z_]+|(ante|conse)\w+(?![\w-])/g, (name) => (findField(name) ? `“${findField(name).label}”` : name));
}

/** Find what stands at a pointer of the coded source: {noun, record, statement, field, label}. */
export function findPlace(places, pointer) {
  for (let at = pointer; at; at = at.slice(0, at.lastIndexOf("/"))) {
    if (places.has(at)) {
      const [noun, record, statement] = places.get(at), path = pointer.slice(at.length + 1), [field] = path.split("/");
      if (noun === "draft" || (field === "conflict" && noun !== "conflicts")) return { noun: "draft", field: "conflict", label: "Conflict" };
      return { noun, record, statement, field, label: labelField(noun, path) };
    }
  }
  return null;
}
