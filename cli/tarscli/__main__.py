"""``python -m tarscli``."""

import sys

from tarscli.entry import main

sys.exit(main())
