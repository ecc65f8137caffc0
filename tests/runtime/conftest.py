"""Makes importable what these tests share: docs/contracts/Demo, and ``greeter`` beside this."""

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
for folder in (HERE.parents[1] / "docs" / "contracts", HERE):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
