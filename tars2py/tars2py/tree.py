"""The tree: what was written in a file, with positions, and nothing of what it means.

Each record mirrors a rule of ``grammar.lark``. Spans run from the first token to the last
one, without the semicolon or comma behind it; comments are looked up by these spans.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from tars2py.source import Source, Span

__all__ = [
    "Base",
    "Comments",
    "Const",
    "Definition",
    "Enum",
    "Enumerator",
    "File",
    "Include",
    "Interface",
    "Key",
    "Literal",
    "Map",
    "Member",
    "Method",
    "Module",
    "Name",
    "Param",
    "Ref",
    "Struct",
    "Type",
    "Value",
    "Vector",
]


class Name(NamedTuple):
    """One identifier, where it stands."""

    text: str
    span: Span


class Ref(NamedTuple):
    """A name of something, perhaps qualified: ``Place``, ``Demo::Place``."""

    parts: tuple[Name, ...]
    span: Span

    @property
    def text(self) -> str:
        """The name as one writes it, without blanks."""
        return "::".join(part.text for part in self.parts)


class Literal(NamedTuple):
    """A number, string or truth value, as it was written; ``kind`` is the terminal's name."""

    kind: str
    text: str
    span: Span


Value: TypeAlias = Literal | Ref


class Base(NamedTuple):
    """A type that the language has: ``int``, ``unsigned int``, ``string``, ..."""

    word: str
    span: Span


class Vector(NamedTuple):
    """``vector<item>``; ``depth`` counts the levels of containers, this one included."""

    item: Type
    depth: int
    span: Span


class Map(NamedTuple):
    """``map<key, value>``; ``depth`` as in `Vector`."""

    key: Type
    value: Type
    depth: int
    span: Span


Type: TypeAlias = Base | Vector | Map | Ref


class Enumerator(NamedTuple):
    """``MERRY = 1``, ``MERRY = CALM`` or ``MERRY``."""

    name: Name
    value: Value | None
    span: Span


class Enum(NamedTuple):
    """``enum Mood { ... }``; ``brace`` is where the ``{`` stands."""

    name: Name
    enumerators: tuple[Enumerator, ...]
    brace: Span
    span: Span


class Const(NamedTuple):
    """``const int MAX = 64``."""

    type: Type
    name: Name
    value: Value
    span: Span


class Member(NamedTuple):
    """``1 optional int floor = -1``; ``length`` is the N of ``T name[N]``."""

    tag: Literal
    required: bool
    type: Type
    name: Name
    length: Literal | None
    default: Value | None
    span: Span


class Struct(NamedTuple):
    """``struct Place { ... }``."""

    name: Name
    members: tuple[Member, ...]
    brace: Span
    span: Span


class Key(NamedTuple):
    """``key[Place, city, floor]``."""

    struct: Ref
    members: tuple[Name, ...]
    span: Span


class Param(NamedTuple):
    """``out string text``; ``mode`` is ``""``, ``out`` or ``routekey``."""

    mode: str
    type: Type
    name: Name
    span: Span


class Method(NamedTuple):
    """``int greet(Greeting greeting, out string text)``; ``result`` is None for ``void``."""

    result: Type | None
    name: Name
    params: tuple[Param, ...]
    span: Span


class Interface(NamedTuple):
    """``interface Greeter { ... }``."""

    name: Name
    methods: tuple[Method, ...]
    brace: Span
    span: Span


Definition: TypeAlias = Enum | Const | Struct | Key | Interface


class Module(NamedTuple):
    """One block ``module Demo { ... }``; a module may have several."""

    name: Name
    definitions: tuple[Definition, ...]
    span: Span


class Include(NamedTuple):
    """``#include "EndpointF.tars"``; ``path`` is the text between the quotes."""

    path: str
    span: Span


class Comments(NamedTuple):
    """The comments of a file, by the offsets that they belong to."""

    before: dict[int, str]
    """By the start of the token that follows."""

    behind: dict[int, str]
    """By the end of the token that it follows."""

    def of(self, span: Span, opening: Span | None = None) -> str:
        """What is said about a declaration: the comment before it, else the one behind it.

        ``opening`` is the brace of a declaration that has one: there, only a comment behind
        the brace or the name in front of it counts, not one behind the closing brace.
        """
        if text := self.before.get(span.start, ""):
            return text
        return self.behind.get(opening.end if opening else span.end, "")


class File(NamedTuple):
    """A whole file, and its comments."""

    source: Source
    includes: tuple[Include, ...]
    modules: tuple[Module, ...]
    comments: Comments
