"""The deadlock: worked out by the engine, presented as records and sentences, and compared.

`answer` declares the typed answer, `working` computes it, `presentation` fills it in,
`comparison` finds how two deadlocks differ, `whatif` computes one with supposed records.
"""
