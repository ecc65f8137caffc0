"""Model to view: what to print. Python names, annotations, defaults, codec expressions."""

from tars2py.view.part import part_views
from tars2py.view.plan import Plan
from tars2py.view.records import (
    CommandView,
    Options,
    PartView,
    ProjectView,
    ServantView,
)

__all__ = [
    "CommandView",
    "Options",
    "PartView",
    "Plan",
    "ProjectView",
    "ServantView",
    "part_views",
]
