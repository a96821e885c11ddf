"""Search: words across the nouns, as known at a moment.

1. `parsing` reads the search text: words, "phrases", beginnings*, -exclusions. No text makes a
   database report an error; a text without any word to look for is refused.
2. A phrase that is an actor's name stands for all names of that actor at `known_at`: Kiev finds
   Kyiv. With `match=forms`, `forms` adds the other forms of each word.
3. `api.ledger.reading.search` finds the records, newest first: like a list with `sort=-recorded`.
4. `ranking` orders the newest hits by relevance with `sort=relevance`, within a stated bound.
5. `snippets` shows where the words stand.
6. `answers` calls these in turn, and counts the hits by noun and conflict; `routes` serves the
   answer.
"""
