"""Python names for IDL names: unchanged, unless Python or the generated file has the name."""

from tars2py.naming.names import Scope, package, part_stem, snake
from tars2py.naming.order import export_order, import_order
from tars2py.naming.stdlib import STDLIB

__all__ = [
    "STDLIB",
    "Scope",
    "export_order",
    "import_order",
    "package",
    "part_stem",
    "snake",
]
