"""Evidence: what positions and preconditions have in common, because statements show them.

Pure functions: who speaks, seen from the holder (`voice`); what the statements say, when, and in
which words (`testimony`); how that reads in a table (`rows`). `schemas` has the quote.
"""
