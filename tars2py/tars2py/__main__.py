"""``python -m tars2py``: the command line."""

from __future__ import annotations

import sys

from tars2py.cli import main

sys.exit(main())
