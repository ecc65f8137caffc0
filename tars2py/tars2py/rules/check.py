"""Every rule over every declaration of a run."""

from __future__ import annotations

from tars2py.errors import Diagnostics
from tars2py.model import Model
from tars2py.rules.enums import check_enums
from tars2py.rules.interfaces import check_interface
from tars2py.rules.keys import check_keys
from tars2py.rules.structs import check_circles, check_struct

__all__ = ["check"]


def check(model: Model, found: Diagnostics) -> None:
    """Report what is wrong with the model."""
    for part in model.parts:
        check_enums(part, found)
        for struct in part.structs:
            check_struct(struct, found)
        for interface in part.interfaces:
            check_interface(interface, found)
    check_circles(model, found)
    check_keys(model, found)
