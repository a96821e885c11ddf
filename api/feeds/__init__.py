"""What was written: changes as data for programs, and as a feed for feed readers.

`queries` parses what is asked, `routes` answers both, `atom` turns changesets into entries and
renders them as Atom 1.0.
"""
