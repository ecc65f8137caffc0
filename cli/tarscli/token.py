"""The token for a registry that wants one: from a file only, and for no eyes but the registry's."""

from __future__ import annotations

from pathlib import Path

from tars_runtime.errors import ConfigError

from tarscli.options import Options

__all__ = ["VARIABLE", "token_context"]

VARIABLE = "TARS_TOKEN_FILE"


def token_context(options: Options) -> dict[str, str]:
    """What to send beside each call; empty without a token. Raises `ConfigError`."""
    name = options.text("token_file")
    if not name:
        return {}
    try:
        token = Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ConfigError(f"{VARIABLE}={name}: cannot be read: {reason}") from error
    if not token or not token.isprintable():
        raise ConfigError(f"{VARIABLE}={name}: expected one line with the token")
    return {"token": token}
