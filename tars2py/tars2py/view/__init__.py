"""Model to view: what to print. Python names, annotations, defaults, codec expressions."""

from tars2py.view.part import views
from tars2py.view.records import Options, PartView

__all__ = ["Options", "PartView", "views"]
