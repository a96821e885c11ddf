"""Analysis: what follows from a conflict's records, computed when asked and never stored.

A question is answered in these steps:

1. `questions/<name>.py` declares its query, its typed answer and its flat rows.
2. `loading` reads the records in force at one moment into a `Scene` of plain data.
3. `engine` reasons about the scene; `deadlock` works a deadlock out and presents it.
4. `serving` turns the answer into a response or 304, `routes` registers all questions alike.

`effects` compares the collisions before and after a changeset that is only tried, by an overlay.
`declarations` says how answers are declared, and `schemas` derives the contract from that.

To add a question, write its file in `questions` and name it in `ALL_QUESTIONS`. To add a field to
an answer, declare it there and fill it in: schema, JSON and pages follow. Flat rows have it too,
unless the file names its columns.
"""
