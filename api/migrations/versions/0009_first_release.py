"""Where registries of the first release stand; a new registry starts at the newest migration.

Revision: 0009, after None.
"""

revision = "0009"
down_revision = None


def upgrade() -> None:
    """Change nothing: `api.migrations` creates new registries from the tables themselves."""
