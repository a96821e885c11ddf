// What the forms ask, noun by noun. The API checks all of it; here are the words and the order.

const text = (name, label, more) => ({ name, label, kind: "text", ...more });
const long = (name, label, more) => ({ name, label, kind: "long", ...more });
const code = (name, label, list, more) => ({ name, label, kind: "code", list, ...more });
const ref = (name, label, noun, more) => ({ name, label, kind: "ref", noun, ...more });
const refs = (name, label, noun, more) => ({ name, label, kind: "refs", noun, ...more });
const flag = (name, label, more) => ({ name, label, kind: "flag", ...more });
const words = (name, label, more) => ({ name, label, kind: "words", ...more });
const parts = (name, label, fields, more) => ({ name, label, kind: "parts", fields, ...more });

const NOTE = long("note", "Note");
const DOUBTS = parts("doubts", "Doubts", [
  text("field", "About the field", { hint: "as it is called here" }), code("kind", "Kind", "doubt_kind"), long("text", "Why"),
]);
const VALIDITY = [
  text("valid_from", "Holds from", { hint: "2024-03-05" }), text("valid_to", "Holds until"),
  code("end_reason", "Ended because", "end_reason"), refs("end_evidence", "Shown by", "statements"),
];
const EVIDENCE = [
  refs("evidence", "Also shown by", "statements", { hint: "other statements" }),
  code("attestation", "Given as", "attestation"), ref("speaker", "Speaker", "actors"),
  text("attested_on", "Attested on"),
];

/** The guide's questions, by which the forces are grouped. */
export const FORCE_QUESTIONS = [
  ["It asks something of others", ["demand", "propose"]],
  ["It answers", ["accept", "accept_conditionally", "concede", "reject", "defer", "abstain", "leave_open", "deny"]],
  ["It says what the holder will do", ["commit", "intend"]],
  ["It says that something is so", ["assert", "accuse", "allege", "warn", "threaten", "concern"]],
];

/** Fields by noun; those with `main` are the sentence, the others are under “More”. */
export const FORMS = {
  draft: [ref("conflict", "Conflict", "conflicts", { main: true, wide: true })],
  source: [
    text("title", "Title", { main: true }), code("kind", "Kind", "source_kind", { main: true }),
    text("published", "Published on", { main: true, hint: "2024-03-05" }),
    text("language", "Language", { main: true, hint: "en" }),
    text("url", "Address", { main: true, hint: "https://" }), text("publisher", "Publisher", { main: true }),
    ref("translation_of", "Translation of", "sources"), text("translation_method", "How translated"),
    text("licence", "Terms of use"), text("retrieved_on", "Fetched on"), NOTE, DOUBTS,
  ],
  statements: [
    ref("speaker", "Who says it", "actors", { main: true, empties: "speaker_as" }),
    long("gist", "In your own words", { main: true, instead: ", or keep the words as a quote", when: (record) => !record.keep }),
    flag("keep", "Keep the words as a quote", { yes: true }),
    text("speaker_as", "Speaker without a name"), ref("on_behalf_of", "In the name of", "actors"),
    ref("audience", "To whom", "actors"), text("occasion", "Occasion"),
    text("stated_on", "Said on", { hint: "2024-03-05" }), text("attested_on", "Attested on"),
    code("attestation", "Given as", "attestation"), long("normalised", "Words without slips"), NOTE, DOUBTS,
  ],
  positions: [
    ref("holder", "Who", "actors", { main: true }), code("force", "does what", "force", { main: true }),
    ref("proposition", "with which state of affairs", "propositions", { main: true, wide: true, instead: ", or name the proposal under “Answers”" }),
    flag("negated", "with its opposite"),
    refs("co_holders", "Together with", "actors"), refs("targets", "At whom", "actors"),
    parts("responds_to", "Answers", [ref("proposal", "Proposal", "proposals"), text("component", "Component"),
      ref("position", "Position", "positions")], { one: true }),
    refs("under", "Only under", "preconditions"), refs("reason", "Because of", "positions"),
    ...EVIDENCE, ...VALIDITY, ref("replaces", "Replaces", "positions"), NOTE, DOUBTS,
  ],
  preconditions: [
    ref("holder", "For whom", "actors", { main: true }),
    { name: "antecedents", label: "what must come about", kind: "groups", noun: "propositions", main: true, wide: true,
      instead: ", or choose under “Conditions are” that there are none" },
    refs("consequents", "before what", "propositions", { main: true, wide: true }),
    code("modality", "only if, or if", "modality", { main: true }),
    text("cue", "Words that show it", { main: true, pick: true }),
    code("antecedents_kind", "Conditions are", "antecedents_kind", { main: true }), flag("exhaustive", "These are all conditions", { unsaid: true }),
    code("scope", "Extent", "scope"), code("timing", "Order", "timing"), text("deadline", "By when"),
    refs("co_holders", "Together with", "actors"), ...EVIDENCE, ...VALIDITY,
    ref("replaces", "Replaces", "preconditions"), NOTE, DOUBTS,
  ],
  actors: [
    text("name", "Name", { main: true }), code("kind", "Kind", "actor_kind", { main: true }),
    words("aliases", "Other names"), ref("part_of", "Part of", "actors"), text("iso3166", "ISO 3166"),
    text("wikidata", "Wikidata"),
    parts("offices", "Offices", [text("title", "Office"), ref("of", "In", "actors"), ref("speaks_for", "Speaks for", "actors"),
      text("from", "From"), text("to", "Until"), refs("evidence", "Shown by", "statements")]),
    parts("members", "Members", [ref("actor", "Member", "actors"), text("from", "From"), text("to", "Until")]),
    code("members_kind", "Members are", "members_kind"), ref("label_by", "Named so by", "actors"), NOTE, DOUBTS,
  ],
  propositions: [
    long("text", "State of affairs", { main: true }), refs("by", "By whose act", "actors", { main: true }),
    refs("issues", "Issues", "issues", { main: true }),
    parts("measure", "Quantity", [text("scale", "Scale"), code("op", "Limit", "measure_op"), { ...text("value", "Value"), number: true },
      text("unit", "Unit")], { one: true }), NOTE, DOUBTS,
  ],
  issues: [text("name", "Name", { main: true }), words("contexts", "Contexts", { list: "issue_context", main: true }), NOTE, DOUBTS],
  conflicts: [
    text("name", "Name", { main: true }), code("kind", "Kind", "conflict_kind", { main: true }), long("summary", "Summary"),
    parts("parties", "Parties", [ref("actor", "Who", "actors"), code("status", "Status", "party_status")]), NOTE, DOUBTS,
  ],
  proposals: [
    text("title", "Title", { main: true }), refs("proposers", "Proposed by", "actors", { main: true }),
    refs("addressees", "To", "actors", { main: true }), ref("spokesperson", "Announced by, a person", "actors"), text("made_on", "Made on"),
    parts("components", "Components", [text("id", "Letter", { hint: "a" }), text("label", "Label"), refs("propositions", "States of affairs", "propositions"),
      refs("evidence", "Shown by", "statements")], { main: true, wide: true }),
    refs("evidence", "Shown by", "statements"), NOTE, DOUBTS,
  ],
  axioms: [
    code("kind", "Kind", "axiom_kind", { main: true }), refs("propositions", "States of affairs", "propositions", { main: true, wide: true }),
    long("rationale", "Why", { main: true }), text("author", "Author", { main: true }),
    text("valid_from", "From"), text("valid_to", "Until"), refs("evidence", "Shown by", "statements"), NOTE, DOUBTS,
  ],
  sources: [
    text("title", "Title", { main: true }), code("kind", "Kind", "source_kind", { main: true }),
    text("language", "Language", { main: true }), text("published", "Published on"), text("url", "Address"),
    text("publisher", "Publisher"), NOTE, DOUBTS,
  ],
};

export const SINGULAR = {
  actors: "actor", propositions: "state of affairs", issues: "issue", conflicts: "conflict", proposals: "proposal",
  axioms: "rule or fact", sources: "other source", statements: "statement", positions: "position", preconditions: "condition",
};

/** The nouns that are written beside the statements, in the order of the page. */
export const BESIDE = ["actors", "propositions", "issues", "conflicts", "proposals", "axioms", "sources"];

/** The field by which people name a record. */
export const NAMED_BY = { actors: "name", issues: "name", conflicts: "name", propositions: "text", proposals: "title", sources: "title", axioms: "rationale" };
