"""How each type is written in Python: annotation, codec expression, default.

====================  ====================  =============================  ==============
IDL                   annotation            codec                          default
====================  ====================  =============================  ==============
bool                  bool                  codec.BOOL                     False
byte ... long         int                   codec.BYTE ... codec.LONG      0
unsigned int          int                   codec.UNSIGNED_INT             0
float, double         float                 codec.FLOAT, codec.DOUBLE      0.0
string                str                   codec.STRING                   ""
vector<byte>          bytes                 codec.BYTES                    b""
vector<T>, T name[N]  list[T]               codec.vector(T), array(T, N)   a new list
map<K, V>             dict[K, V]            codec.map_of(K, V)             a new dict
enum                  Mood | int            codec.enum(Mood)               the first one
struct                Place                 Place                          a new one
====================  ====================  =============================  ==============
"""

from __future__ import annotations

from typing import Protocol

from tars2py.layout import quoted
from tars2py.model import (
    Array,
    Base,
    Enum,
    EnumValue,
    Map,
    Named,
    Symbol,
    Type,
    Value,
    Vector,
    named,
)

__all__ = ["Namer", "Types"]

_BYTE = Base("byte")

_BASES = {
    "bool": ("bool", "False"),
    "float": ("float", "0.0"),
    "double": ("float", "0.0"),
    "string": ("str", '""'),
}
"""Annotation and default; every other base type is an int."""


class Namer(Protocol):
    """How one text names enums and structs."""

    def of(self, symbol: Symbol) -> str:
        """The name as the text writes it; the text imports what it must."""
        ...

    def late(self, symbol: Symbol) -> bool:
        """Is it not defined yet where the text uses it?"""
        ...


class Types:
    """Writes types with the names of one text."""

    def __init__(
        self,
        names: Namer,
        enums: dict[tuple[str, str], Enum],
        enumerators: dict[Symbol, dict[str, str]],
    ) -> None:
        self._names = names
        self._enums = enums
        self._enumerators = enumerators

    def annotation(self, type: Type) -> str:
        """What stands behind the colon."""
        match type:
            case Base(word):
                return _BASES.get(word, ("int", "0"))[0]
            case Vector(item) if item == _BYTE:
                return "bytes"
            case Vector(item) | Array(item):
                return f"list[{self.annotation(item)}]"
            case Map(key, value):
                return f"dict[{self.annotation(key)}, {self.annotation(value)}]"
            case Named(symbol) if symbol.kind == "enum":
                return f"{self._names.of(symbol)} | int"
            case Named(symbol):
                return self._names.of(symbol)

    def schema(self, type: Type) -> str:
        """The codec expression."""
        match type:
            case Base(word):
                return f"codec.{word.upper().replace(' ', '_')}"
            case Vector(item) if item == _BYTE:
                return "codec.BYTES"
            case Vector(item):
                return f"codec.vector({self.schema(item)})"
            case Array(item, length):
                return f"codec.array({self.schema(item)}, {length})"
            case Map(key, value):
                return f"codec.map_of({self.schema(key)}, {self.schema(value)})"
            case Named(symbol):
                name = self._names.of(symbol)
                text = f"codec.enum({name})" if symbol.kind == "enum" else name
                late = self._names.late(symbol)
                return f"codec.ref(lambda: {text})" if late else text

    def default(self, type: Type, value: Value | None) -> tuple[str, str]:
        """A plain default, or what a default factory calls: one of the two is empty."""
        if value is not None:
            return self._constant(value)
        match type:
            case Base(word):
                return _BASES.get(word, ("int", "0"))[1], ""
            case Vector(item) if item == _BYTE:
                return 'b""', ""
            case Named(symbol) if symbol.kind == "enum":
                known = self._enums[symbol.module, symbol.name].enumerators
                if not known:
                    return "0", ""
                first = EnumValue(symbol, known[0].name, known[0].number)
                return self._constant(first)
            case _:
                text = self.annotation(type)
                late = any(self._names.late(each) for each in named(type))
                return "", f"lambda: {text}()" if late else text

    def value(self, value: Value) -> str:
        """A constant."""
        if isinstance(value, EnumValue):
            name = self._enumerators[value.enum][value.name]
            return f"{self._names.of(value.enum)}.{name}"
        if isinstance(value, str):
            return quoted(value)
        return repr(value).replace("e+", "e")

    def _constant(self, value: Value) -> tuple[str, str]:
        text = self.value(value)
        if isinstance(value, EnumValue) and self._names.late(value.enum):
            return "", f"lambda: {text}"
        return text, ""
