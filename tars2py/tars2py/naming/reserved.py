"""What a name cannot be, by where it stands. The one table of reserved names.

A module, struct, enum, constant, member, enumerator, method or parameter that has one of these
names gets ``_`` behind it. The lists are frozen: output does not depend on the Python
that the compiler runs on.
"""

from __future__ import annotations

from tars2py.naming.stdlib import STDLIB

__all__ = ["RESERVED"]

_KEYWORD_LIST = """
    False None True and as assert async await break class continue def del elif else except
    finally for from global if import in is lambda nonlocal not or pass raise return try
    while with yield
"""

_ANNOTATIONS = frozenset({"bool", "bytes", "dict", "float", "int", "list", "str"})
"""Builtins in annotations and default factories: a class attribute would hide them there."""

_BODIES = frozenset({"frozenset", "hash", "len", "sorted", "tuple"})
"""Builtins in method bodies: these only a name of the whole file hides."""

_IMPORT_LIST = """
    ABC Final IntEnum Mapping TYPE_CHECKING abstractmethod annotations codec dataclass field
    rpc
"""
"""Names that a generated part imports."""

_ENUM_LIST = """
    as_integer_ratio bit_count bit_length conjugate denominator from_bytes imag is_integer mro
    name numerator real to_bytes value values
"""
"""What an IntEnum has already, as a type and as a number."""

_INHERITED = frozenset({"_abc_impl", "_call", "_channel", "_send", "of"})
"""Attributes of the classes that generated proxies and servants are derived from."""

_RESULT = frozenset({"ret"})
"""A reply's first member: in its class body it would hide a type of that name."""

_KEYWORDS = frozenset(_KEYWORD_LIST.split())
_IMPORTS = frozenset(_IMPORT_LIST.split())
_ENUM = frozenset(_ENUM_LIST.split())

_PACKAGES = frozenset(
    {"tars2py", "tars_templates", "tars_runtime", "tars_registry", "tarscli"}
)

RESERVED = {
    "module": _KEYWORDS | STDLIB | _PACKAGES,
    "global": _KEYWORDS | _ANNOTATIONS | _BODIES | _IMPORTS | _RESULT,
    "member": _KEYWORDS | _ANNOTATIONS | {"field"},
    "enumerator": _KEYWORDS | _ENUM,
    "method": _KEYWORDS
    | _ANNOTATIONS
    | _INHERITED
    | {"Mapping", "abstractmethod", "rpc"},
    "parameter": _KEYWORDS | {"self", "timeout", "context", "options"},
    "out": _KEYWORDS | _ANNOTATIONS | _RESULT | {"field"},
}
"""By kind of scope; `tars2py.naming.names` adds what the surrounding declaration uses."""
