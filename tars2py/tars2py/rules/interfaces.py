"""Interfaces: method and parameter names once, at most 255 parameters, nothing ours."""

from __future__ import annotations

from tars2py.errors import Diagnostics
from tars2py.model import Interface, Method
from tars2py.rules.twice import check_twice
from tars2py.source import Source

__all__ = ["check_interface"]

MOST = 255
"""Parameters: each has its position as tag, and 0 is the result's."""


def check_interface(interface: Interface, found: Diagnostics) -> None:
    """What one interface shows alone."""
    symbol = interface.symbol
    names = [(each.name, each.span) for each in interface.methods]
    owner = f"interface {symbol.name}"
    check_twice(names, owner, "a method", symbol.source, found)
    if symbol.name == symbol.module:
        found.warning(
            f"interface {symbol.name} is named like its module: TarsCpp refuses that",
            symbol.source,
            symbol.span,
        )
    for each in interface.methods:
        _check_method(each, symbol.source, found)


def _check_method(method: Method, source: Source, found: Diagnostics) -> None:
    names = [(each.name, each.span) for each in method.params]
    check_twice(names, f"method {method.name}", "a parameter", source, found)
    if method.name == "tars_ping":
        found.warning(
            "'tars_ping' is answered by the runtimes: this method is never reached",
            source,
            method.span,
        )
    if len(method.params) > MOST:
        found.error(
            f"expected at most {MOST} parameters, got {len(method.params)}",
            source,
            method.span,
        )
    for each in method.params:
        if each.name == method.name:
            found.warning(
                f"parameter '{each.name}' is named like its method: TarsCpp refuses that",
                source,
                each.span,
            )
