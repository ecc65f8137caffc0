"""Builds the optional native codec when the package is built: no compiler, no harm.

``TARS_PURE=1`` builds without it; ``TARS_REQUIRE_NATIVE=1`` makes a failed compilation an error,
so that a mistake in our C does not pass for a missing compiler. ``python -m tars_runtime.codec``
says what an installation has.
"""

from __future__ import annotations

import os
import shutil
import sysconfig
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface
from setuptools import Distribution, Extension

MODULE = "tars_runtime.codec._native"
PACKAGE = Path("runtime/tars_runtime/codec")


class NativeCodec(BuildHookInterface):  # type: ignore[type-arg]  # hatchling's own parameter
    """Compiles ``codec/native/*.c`` and adds the result to the wheel, or to the source tree."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.folders: list[str] = []  # where it was compiled, until the wheel is made

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        built = None if os.environ.get("TARS_PURE") == "1" else self.compile()
        if built is None:
            self.without(version)
            return
        build_data["pure_python"], build_data["infer_tag"] = False, True
        if version == "editable":
            self.replace(built)
        else:
            name = f"tars_runtime/codec/{built.name}"
            build_data["force_include"][str(built)] = name

    def finalize(self, *_made: Any, **_named: Any) -> None:
        """Remove what was compiled: the wheel, or the source tree, has it now."""
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)

    def without(self, version: str) -> None:
        """Go on without the extension, unless that is asked to be an error."""
        if os.environ.get("TARS_REQUIRE_NATIVE") == "1":
            raise RuntimeError(
                "expected the native codec, for TARS_REQUIRE_NATIVE=1 - it did not compile,"
                " or TARS_PURE=1 is set; the compiler's messages are above"
            )
        self.app.display_info("tars2py: pure Python, without the native codec")
        if version == "editable":
            self.remove_built()  # an old one would be imported

    def replace(self, built: Path) -> None:
        """Put the extension beside the sources; a process may still run the old file."""
        self.remove_built()
        shutil.copy(built, Path(self.root) / PACKAGE)

    def remove_built(self) -> None:
        """Remove the extension of an earlier build; those for other Pythons are theirs."""
        suffix = sysconfig.get_config_var("EXT_SUFFIX")
        (Path(self.root) / PACKAGE / f"_native{suffix}").unlink(missing_ok=True)

    def compile(self) -> Path | None:
        """The compiled extension, outside the tree; None where that fails."""
        native = Path(self.root) / PACKAGE / "native"
        extension = Extension(
            MODULE,
            [str(each) for each in sorted(native.glob("*.c"))],
            depends=[str(each) for each in sorted(native.glob("*.h"))],
            optional=True,  # of setuptools' errors only this catches a failing compiler
        )
        distribution = Distribution({"name": "tars2py", "ext_modules": [extension]})
        command = distribution.get_command_obj("build_ext")
        self.folders.append(tempfile.mkdtemp(prefix="tars2py-"))
        command.build_lib = command.build_temp = self.folders[-1]
        command.ensure_finalized()
        command.run()
        path = Path(command.get_ext_fullpath(MODULE))
        return path if path.exists() else None
