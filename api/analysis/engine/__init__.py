"""Reasoning on plain data: from records to clauses, and from clauses to what collides.

A deadlock is found in these steps:

1. `scene` holds the records of one conflict; `stances` reads where a holder stands by each, and
   `selection` picks those that count (`weighing` with `in_force`, where all are shown).
2. `members` and `rules` turn records into demands and into rules between propositions
   (`model`), as the caller chose (`Choices`). `translation` puts them into one `SolverInput`.
3. `parts` splits it; `clauses` writes it for the SAT solver (`sat`), and tries single sets;
   `solver` finds the minimal sets that collide and that must give way (`solution`), and groups
   them; `solving` caches solutions.
4. `precedence` tells what comes before what; `order` finds the circles of who moves first, `plan`
   the stages of moves in each part (`part_plan`), both by `staging`.
5. `verdict` judges, and finds the open `asks` among the `needs` of the goals.
6. `certificates`, with `models`, finds what shows a solution right to readers who trust no solver.
7. `sentences` puts all of it into words, `days` the dates.
"""
