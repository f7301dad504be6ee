"""The tables of the first version, which every catalog has that has any."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: the first catalogs were made before steps were counted."""
