"""View to text: jinja2 over the templates of `tars_templates`, with the shapes at hand."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from typing import Any

from jinja2 import (
    Environment,
    FileSystemBytecodeCache,
    PackageLoader,
    StrictUndefined,
)
from jinja2.bccache import Bucket

from tars2py.cache import folder
from tars2py.layout import quoted
from tars2py.naming import export_order
from tars2py.render.blacken import blackened, fits
from tars2py.render.shapes import SHAPES
from tars2py.version import VERSION
from tars2py.view import CommandView, PartView, ProjectView, ServantView

__all__ = ["command_text", "package_text", "part_text", "project_text", "servant_text"]


def part_text(part: PartView) -> str:
    """The text of one generated part."""
    return _render("module.py.j2", part=part)


def package_text(module: str, parts: Sequence[tuple[str, Sequence[str]]]) -> str:
    """The text of a package's ``__init__``: the stems of its parts with their exports."""
    homes = sorted(
        ((name, stem) for stem, names in parts for name in names),
        key=lambda home: export_order(home[0]),
    )
    imports = [(stem, names) for stem, names in sorted(parts) if names]
    return _render("package.py.j2", module=module, imports=imports, homes=homes)


def servant_text(servant: ServantView) -> str:
    """The text of a servant to fill in."""
    return _kept(_render("servant.py.j2", servant=servant))


def command_text(command: CommandView) -> str:
    """The text of an interface's command line."""
    return _kept(_render("cli.py.j2", command=command))


def _kept(text: str) -> str:
    """A text that its author keeps; written seldom, so that black may place long lines."""
    return text if fits(text) else blackened(text, 0) + "\n"


def project_text(template: str, names: ProjectView) -> str:
    """The text of one file of a new project."""
    return _render(f"project/{template}", **names._asdict())


def _render(template: str, **data: Any) -> str:
    text = _environment().get_template(template).render(version=VERSION, **data)
    return text.rstrip("\n") + "\n"


class _Compiled(FileSystemBytecodeCache):
    """Compiled templates in the user's cache folder, which may be full or gone by now."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        with suppress(OSError):
            super().dump_bytecode(bucket)


@cache
def _environment() -> Environment:
    cache = folder()
    environment = Environment(
        loader=PackageLoader("tars_templates", "."),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,  # Python, not HTML
        keep_trailing_newline=True,
        auto_reload=False,
        bytecode_cache=_Compiled(cache) if cache else None,
    )
    environment.globals.update(SHAPES)
    environment.filters["quoted"] = quoted
    return environment
