"""The TARS compiler: ``.tars`` files in, typed Python out."""

VERSION = "0.1"
"""What generated files name: major and minor, so that a patch release changes none of them."""
