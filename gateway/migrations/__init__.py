"""The database's shape, step by step, forward only. `upgrade` is run at every start: one node does it, the others wait for it."""

from __future__ import annotations

import logging
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, make_url

log = logging.getLogger(__name__)
HERE = Path(__file__).parent


def configuration(url: str) -> Config:
    """Alembic's own configuration, made here: no file to keep in step."""
    config = Config()
    config.set_main_option("script_location", str(HERE))
    # Alembic reads % as its own sign.
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(url: str) -> None:
    """Bring the database to the present shape; creates a SQLite file and its folder.

    A shape that a later release made is left alone: it keeps what this release needs, and a node of this one may be started
    again while the others are being replaced.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    config, now = configuration(url), revision(url)
    if now is not None and now not in {step.revision for step in ScriptDirectory.from_config(config).walk_revisions()}:
        log.warning("store.newer revision=%s", now)
        return
    command.upgrade(config, "head")


def head() -> str | None:
    """The newest step there is."""
    return ScriptDirectory.from_config(configuration("sqlite://")).get_current_head()


def revision(url: str) -> str | None:
    """The step a database is at; None for an empty one."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415 - only `check` asks

    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    finally:
        engine.dispose()
