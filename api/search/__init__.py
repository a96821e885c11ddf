"""Search: words across the nouns, as known at a moment.

1. `wording` reads what somebody typed: words, "phrases", beginnings*, -exclusions. Nothing that can
   be typed is an error of an engine; only what asks for nothing is refused.
2. Words that are somebody's name stand for all of their names, as known then (Kiev finds Kyiv).
3. `api.ledger.search` finds what fits, newest first: the order of recording turned round, as with
   `sort=-recorded` of a list.
4. `ranking` orders the newest hits by relevance where that is asked for, within a stated bound.
5. `snippets` shows where the words stand, `facets` counts them by noun and conflict.
6. `answers` holds these together, `routes` serves them.
"""
