"""``tars2py fmt``: one style for ``.tars`` files; comments stay, meaning stays."""

from tars2py.format.files import format_files, format_text

__all__ = ["format_files", "format_text"]
