"""Brings the domain database to the newest schema."""

from __future__ import annotations

from pathlib import Path

_SCRIPTS = Path(__file__).with_name("migrations")


def upgrade(url: str, revision: str = "head") -> None:
    """Migrate the database at `url` forwards; several at once wait for each other, and doing it again changes nothing.

    :param url: SQLAlchemy URL with the driver named
    """
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    config.attributes["url"] = url
    command.upgrade(config, revision)


def is_current(url: str) -> bool:
    """Tell whether the database at `url` has the schema this code needs."""
    from alembic.config import Config
    from alembic.runtime.migration import MigrationContext
    from alembic.script import ScriptDirectory
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS))
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_heads()
    finally:
        engine.dispose()
    return set(at) == set(ScriptDirectory.from_config(config).get_heads())
