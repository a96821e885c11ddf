"""Reasoning on plain data: from records to clauses, and from clauses to what collides.

A deadlock is found in these steps:

1. `scene` holds the records of one conflict; `stances` picks where a holder stands in it.
2. `members` and `rules` turn records into demands and into rules between propositions
   (`model`), as the caller chose (`Choices`). `translation` puts them into one `SolverInput`.
3. `clauses` writes it for the SAT solver (`sat`); `solver` finds the minimal sets that collide and
   the minimal sets that must give way; `solving` caches solutions and limits concurrency.
4. `order` finds the circles of who moves first, `plan` the stages of moves, both by `staging`;
   `verdict` judges and finds open asks.
5. `certificates` finds what shows that a solution is right to readers who trust no solver.
6. `trial` tests single sets; `sentences` puts all of it into words.
"""
