"""What positions and preconditions share: both have a holder, and statements as evidence.

`schemas` has the shared fields, `table` the index columns and filters, `rules` what is refused and
derived, `rows` the columns of flat rows. Each is declared here once, and both nouns include it.
"""
