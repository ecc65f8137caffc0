"""Builds the tree while lark parses: one method a rule of the grammar.

lark calls each with the rule's children: tokens, and what the rules below made. Nothing is
checked here; what cannot be read well is checked later, where messages are at hand.
"""

from __future__ import annotations

from typing import Any, TypeAlias

from lark import Token

from tars2py import tree
from tars2py.source import Span

__all__ = ["Build"]

Children: TypeAlias = list[Any]


class Build:
    """The grammar's rules as methods; none of them keeps anything."""

    @staticmethod
    def file(
        children: Children,
    ) -> tuple[tuple[tree.Include, ...], tuple[tree.Module, ...]]:
        return _all(children, tree.Include), _all(children, tree.Module)

    @staticmethod
    def include(children: Children) -> tree.Include:
        path = children[-1]
        return tree.Include(path[1:-1], _span(path, path))

    @staticmethod
    def module(children: Children) -> tree.Module:
        kinds = (tree.Enum, tree.Const, tree.Struct, tree.Key, tree.Interface)
        definitions = tuple(each for each in children if isinstance(each, kinds))
        return tree.Module(
            _name(children[1]), definitions, _span(children[0], children[-1])
        )

    @staticmethod
    def enum(children: Children) -> tree.Enum:
        return tree.Enum(
            _name(children[1]),
            _all(children, tree.Enumerator),
            _span(children[2], children[2]),
            _span(children[0], children[-1]),
        )

    @staticmethod
    def enumerator(children: Children) -> tree.Enumerator:
        name, *rest = children
        value = rest[-1] if rest else None
        if isinstance(value, Token):
            value = _literal(value)
        return tree.Enumerator(_name(name), value, _span(name, children[-1]))

    @staticmethod
    def const(children: Children) -> tree.Const:
        word, of, name, _, value = children
        return tree.Const(of, _name(name), value, _span(word, value))

    @staticmethod
    def struct(children: Children) -> tree.Struct:
        return tree.Struct(
            _name(children[1]),
            _all(children, tree.Member),
            _span(children[2], children[2]),
            _span(children[0], children[-1]),
        )

    @staticmethod
    def member(children: Children) -> tree.Member:
        tag, manner, of, name, *rest = children
        length = default = None
        if rest and isinstance(rest[0], tuple):
            length = rest[0][1]
        if rest and isinstance(rest[-2 if len(rest) > 1 else -1], Token):
            default = rest[-1]
        return tree.Member(
            _literal(tag),
            manner.type == "REQUIRE",
            of,
            _name(name),
            length,
            default,
            _span(tag, children[-1]),
        )

    @staticmethod
    def length(children: Children) -> tuple[Span, tree.Literal]:
        return _span(children[0], children[-1]), _literal(children[1])

    @staticmethod
    def key(children: Children) -> tree.Key:
        names = tuple(_name(each) for each in children[3:] if _is(each, "NAME"))
        return tree.Key(children[2], names, _span(children[0], children[-1]))

    @staticmethod
    def interface(children: Children) -> tree.Interface:
        return tree.Interface(
            _name(children[1]),
            _all(children, tree.Method),
            _span(children[2], children[2]),
            _span(children[0], children[-1]),
        )

    @staticmethod
    def method(children: Children) -> tree.Method:
        result, name = children[:2]
        return tree.Method(
            None if _is(result, "VOID") else result,
            name,
            _all(children, tree.Param),
            _span(result, children[-1]),
        )

    @staticmethod
    def methodname(children: Children) -> tree.Name:
        return _name(children[0])

    @staticmethod
    def param(children: Children) -> tree.Param:
        *mode, of, name = children
        return tree.Param(
            str(mode[0]) if mode else "", of, _name(name), _span(children[0], name)
        )

    @staticmethod
    def base(children: Children) -> tree.Base:
        return tree.Base(" ".join(children), _span(children[0], children[-1]))

    @staticmethod
    def vector(children: Children) -> tree.Vector:
        word, _, item, end = children
        return tree.Vector(item, 1 + _depth(item), _span(word, end))

    @staticmethod
    def map(children: Children) -> tree.Map:
        word, _, key, _, value, end = children
        depth = 1 + max(_depth(key), _depth(value))
        return tree.Map(key, value, depth, _span(word, end))

    @staticmethod
    def ref(children: Children) -> tree.Ref:
        names = tuple(_name(each) for each in children if each.type == "NAME")
        return tree.Ref(names, _span(children[0], children[-1]))

    @staticmethod
    def value(children: Children) -> tree.Value:
        value = children[0]
        return _literal(value) if isinstance(value, Token) else value


def _name(token: Token) -> tree.Name:
    return tree.Name(str(token), _span(token, token))


def _literal(token: Token) -> tree.Literal:
    return tree.Literal(token.type, str(token), _span(token, token))


def _all(children: Children, kind: Any) -> tuple[Any, ...]:
    return tuple(each for each in children if isinstance(each, kind))


def _is(child: Any, terminal: str) -> bool:
    return isinstance(child, Token) and child.type == terminal


def _depth(type: tree.Type) -> int:
    return type.depth if isinstance(type, tree.Vector | tree.Map) else 0


def _span(first: Any, last: Any) -> Span:
    return Span(_part(first).start, _part(last).end)


def _part(child: Any) -> Span:
    """The span of a token, or of what a rule made; a length is a pair of span and literal."""
    if isinstance(child, Token):
        return Span(child.start_pos or 0, child.end_pos or 0)
    span: Span = child.span if hasattr(child, "span") else child[0]
    return span
