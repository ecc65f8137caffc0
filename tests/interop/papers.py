"""An authority made for a test, and what it signed: certificates of a server and of a client."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

__all__ = ["authority", "has_openssl", "mixed"]

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
_NAMES = {"server": "subjectAltName=IP:127.0.0.1", "client": "subjectAltName=DNS:peer"}


def has_openssl() -> bool:
    """Whether certificates can be made here."""
    return shutil.which("openssl") is not None


def authority(folder: Path) -> Path:
    """``ca.pem``, and certificate and key of ``server`` (at 127.0.0.1) and ``client``."""
    folder.mkdir()
    asked = (*_KEY, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2")
    _openssl(folder, "req", "-x509", *asked, "-subj", f"/CN={folder.name}")
    for name, alternative in _NAMES.items():
        keys = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
        _openssl(folder, "req", *_KEY, *keys, "-subj", f"/CN={name}")
        (folder / "names").write_text(alternative)
        made = ("-CAcreateserial", "-days", "2", "-extfile", "names")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", *made)
        out = ("-in", f"{name}.csr", "-out", f"{name}.pem")
        _openssl(folder, "x509", "-req", *signed, *out)
    return folder


def mixed(folder: Path, trusts: Path, shows: Path) -> Path:
    """The papers of one who trusts one authority and shows what another one signed."""
    shutil.copytree(shows, folder)
    shutil.copy(trusts / "ca.pem", folder / "ca.pem")
    return folder


def _openssl(folder: Path, *words: str) -> None:
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)
