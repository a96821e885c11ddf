"""The deadlock: worked out by the engine, presented as records and sentences, and compared.

`answer` declares the typed answer, `working` computes it, `presentation` fills it in with
`members`, `moves` (for their `reasons`), `basis` and `summary`. `comparison` finds how two
deadlocks differ, `whatif` computes one with supposed records.
"""
