"""Many records at once: reading files of records and writing them as one changeset."""
