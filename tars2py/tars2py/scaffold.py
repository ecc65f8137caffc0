"""``tars2py new``: a whole project for one object, which starts as it stands."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from tars2py.errors import CallError, CompileError
from tars2py.naming import package
from tars2py.pipeline.compile import compile_files
from tars2py.render import project_text
from tars2py.view import ProjectView

__all__ = ["create", "project"]

_PORT = 18600
"""Where the server listens at first; administration is one further."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")

_FILES = {
    "README.md.j2": "README.md",
    "server.py.j2": "server.py",
    "client.py.j2": "client.py",
    "tests/test_servant.py.j2": "tests/test_servant.py",
    "local.conf.j2": "local.conf",
    "server_meta.yaml.j2": "_server_meta.yaml",
    "start.sh.j2": "start.sh",
    "Dockerfile.j2": "Dockerfile",
    "kubernetes.yaml.j2": "kubernetes.yaml",
    "pyproject.toml.j2": "pyproject.toml",
    "gitignore.j2": ".gitignore",
}
"""Each template, and the file that it becomes; the IDL is named after the interface."""


def project(name: str) -> ProjectView:
    """The names for an object; raises `CallError` for one that cannot be."""
    parts = name.split(".")
    if len(parts) != 3 or not all(map(_NAME.fullmatch, parts)):
        raise CallError(
            f"expected App.Server.ServantObj, three names of letters and digits, got '{name}'"
        )
    app, server, servant = parts
    interface = servant.removesuffix("Obj") or servant
    if interface == app:
        interface += "Service"
    image = re.sub(r"[^a-z0-9]+", "-", f"{app}-{server}".lower()).strip("-")
    return ProjectView(
        name, app, server, servant, interface, package(app), image, _PORT
    )


def create(name: str, folder: Path) -> list[Path]:
    """Write the project for an object into a folder that is empty or not there.

    Gives the files, by their path in the folder. Raises `CallError` where it cannot be
    written, and for names that the language refuses.
    """
    what = project(name)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CallError(
            f"expected an empty folder, or none, got '{folder}': choose another one"
        )
    with tempfile.TemporaryDirectory() as temporary:
        draft = Path(temporary) / "project"
        try:
            _write(what, draft)
        except CompileError as error:
            raise CallError(
                f"expected names that the language allows, got '{name}': "
                f"{error.diagnostics[0].message}"
            ) from error
        try:
            shutil.copytree(draft, folder, dirs_exist_ok=True)
        except OSError as error:
            raise CallError(
                f"expected a folder that can be written, got '{folder}': {error}"
            ) from error
        return sorted(
            each.relative_to(draft) for each in draft.rglob("*") if each.is_file()
        )


def _write(what: ProjectView, folder: Path) -> None:
    files = {**_FILES, "idl.tars.j2": f"{what.interface}.tars"}
    for template, target in files.items():
        path = folder / target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(project_text(template, what), encoding="utf-8")
    (folder / "start.sh").chmod(0o755)
    compile_files([folder / f"{what.interface}.tars"], folder)
