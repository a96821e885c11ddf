"""The reader: find in a text what a person could accept as a statement. It writes nothing.

`candidates.read_text` is a pure function: no model, no network, time linear in the text.

1. `quotes` finds paragraphs and quotations, `cues` words and phrases by the rules of a language.
   The rules are data: `languages/*.toml`, which docs/reading.md describes.
2. `speakers` finds who could speak: actors of the registry by names and offices, other names,
   posts, pronouns; and the turns of a transcript.
3. `candidates` joins them to candidates, each with a guess at force or condition.
4. `routes` serves `POST /v1/candidates`; the command is `sinequanon read`.
"""
