"""Coded sources: one document with a source and all that was read out of it.

A coded source is another form of a changeset, not another way to write. `translating` makes it the
changes of `POST /v1/changesets`, against the registry as a reader sees it:

1. `documents` lists the records of the document. Those under a statement get it as evidence.
2. Each record without an id gets one, made from what is written of it, so the same document always
   makes the same records.
3. `naming` finds the records that are named by a name.
4. The schema of each record's noun checks it, and the ledger the rest.

Faults are told by their place in the document, whether a schema or the ledger finds them.
`composing` makes the document of a stored source, which the first step reads back to the same
records. `yaml_files` parses what people type; `routes` serves both directions over HTTP.
"""
