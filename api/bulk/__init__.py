"""Import and export of many records at once.

An import, `sinequanon import FILES`, is run by `importing`:

1. `files` finds the files, `lines` and `cells` parse each line or table row with its noun's schema.
2. `spool` stores what is valid on disk, in the order of writing; the report collects the rest.
3. `lots` writes the spool in lots. A lot is a batch of records written as one changeset.
4. When the ledger refuses a lot, `rejections` finds the entries that caused it, and the lot is
   written without them. The report is in the same file.

`routes` serves the same for one request body (`POST /v1/changesets`, read by `bodies`), and the
exports of `exporting`, sent by `downloads`. `countries` and `unga` import two public data sets.
"""
