"""Analysis: what follows from a conflict's records, computed when asked and never stored.

A question is answered in steps, each in a file of its own:

1. `loading` reads one conflict as known at one moment into a `scene`; from here on all is plain
   data, and pure. `stances` tells where a holder stands in it.
2. `members` and `rules` turn records into what each holder wants and what ties propositions
   together (`model`); `choices` are the caller's; `translation` puts them into one problem.
3. `clauses` writes it for `sat`, `solver` finds collisions and concessions, `solving` does so once
   for each question and for few at a time.
4. `asks` and `precedence` find what nobody answered, and who waits for whom; `verdict` judges.
5. `telling` turns it back into records and `sentences`.

`deadlock` holds 2 to 5 together, `whatif` asks them about records that are not there. Beside them
stand the plainer questions: `matrix`, `timeline`, `responses`, `dossier`, `diff`. `answers` reads
for each and asks it, `questions` lists them, `routes` serves them as JSON and as flat `rows`;
`queries`, `drafts` and `schemas` say what goes in and out, `examples` shows it.
"""
