"""``python -m tars_runtime.codec``: which engine runs, and why."""

from __future__ import annotations

import os
import sys

from tars_runtime.codec.engines import ENGINE
from tars_runtime.codec.native.program import AVAILABLE, WHY_NOT

WHAT = {
    "native": "native: the C extension",
    "compiled": "compiled: Python code made from each schema at its first uses",
    "interpreted": "interpreted: the reference engine, plain and slow",
}


def main() -> None:
    """Print the engine and the reason."""
    asked = os.environ.get("TARS_CODEC")
    if asked:
        why = f"TARS_CODEC={asked} asks for it"
    elif AVAILABLE:
        why = "the extension was built when the package was installed"
    else:
        why = (
            f"the extension is not there ({WHY_NOT}); install with a C compiler for it"
        )
    sys.stdout.write(f"{WHAT[ENGINE]} - {why}\n")


if __name__ == "__main__":
    main()
