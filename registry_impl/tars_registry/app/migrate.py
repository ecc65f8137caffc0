"""``tarsregistry migrate``: say what was made."""

from __future__ import annotations

import sys

import sqlalchemy as sa
from tars_runtime.errors import ConfigError

from tars_registry.app.values import Settings
from tars_registry.storage.database import reason
from tars_registry.storage.engine import connect_writer
from tars_registry.storage.location import locate, shown
from tars_registry.storage.migrate import migrate

__all__ = ["migrate_command"]


def migrate_command(settings: Settings) -> int:
    """Make what the database lacks; returns the exit code, raises `ConfigError`."""
    url = locate(settings.text("db"), settings.database_path, settings.environment)
    engine = connect_writer(url)
    try:
        done = migrate(engine)
    except sa.exc.DBAPIError as error:
        raise ConfigError(f"{shown(url)}: {reason(error)}") from None
    finally:
        engine.dispose()
    for line in done or ["nothing to do"]:
        sys.stdout.write(f"{shown(url)}: {line}\n")
    return 0
