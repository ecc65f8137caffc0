"""``python -m tars_runtime.config``: print the reference page of the settings."""

import sys

from tars_runtime.config.reference import page

sys.stdout.write(page())
