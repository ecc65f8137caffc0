"""An authority made for a test, and what it signed: certificates of a server and of a client."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.certificates import self_signed, signed

__all__ = ["authority", "mixed"]

_NAMES = {"server": "IP:127.0.0.1", "client": "DNS:peer"}


def authority(folder: Path) -> Path:
    """``ca.pem``, and certificate and key of ``server`` (at 127.0.0.1) and ``client``."""
    folder.mkdir()
    self_signed(folder, "ca", subject=folder.name)
    for name, alternative in _NAMES.items():
        signed(folder, name, alternative)
    return folder


def mixed(folder: Path, trusts: Path, shows: Path) -> Path:
    """The papers of one who trusts one authority and shows what another one signed."""
    shutil.copytree(shows, folder)
    shutil.copy(trusts / "ca.pem", folder / "ca.pem")
    return folder
