"""Certificates for tests, made by openssl: authorities of their own, and what one signed."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

__all__ = ["HAS_OPENSSL", "needs_openssl", "openssl", "self_signed", "signed"]

HAS_OPENSSL = shutil.which("openssl") is not None

needs_openssl = pytest.mark.skipif(
    not HAS_OPENSSL, reason="the program openssl makes the certificates"
)

_NEW = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(folder: Path, *words: str) -> None:
    """Run it in a folder."""
    subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)


def self_signed(
    folder: Path, name: str, alternative: str = "", *, subject: str = ""
) -> None:
    """``name.pem`` and ``name.key``, an authority of its own; ``alternative`` is whom it names."""
    files = ("-keyout", f"{name}.key", "-out", f"{name}.pem", "-days", "2")
    named = ("-addext", f"subjectAltName={alternative}") if alternative else ()
    subjects = ("-subj", f"/CN={subject or name}", *named)
    openssl(folder, "req", "-x509", *_NEW, *files, *subjects)


def signed(folder: Path, name: str, alternative: str) -> None:
    """``name.pem`` and ``name.key``, signed by the authority ``ca`` of the same folder."""
    files = ("-keyout", f"{name}.key", "-out", f"{name}.csr")
    openssl(folder, "req", *_NEW, *files, "-subj", f"/CN={name}")
    (folder / "ext").write_text(f"subjectAltName={alternative}\n")
    by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext")
    made = ("-in", f"{name}.csr", "-out", f"{name}.pem", "-days", "2")
    openssl(folder, "x509", "-req", *made, *by)
