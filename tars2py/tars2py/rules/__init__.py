"""The rules of the language that names and values alone do not show: each a table or a function.

They look at the model and report; they change nothing.
"""

from tars2py.rules.check import check

__all__ = ["check"]
