"""The registry, asked by people: its interfaces as command lines, and four short forms.

``query`` and ``registration`` began as output of ``tars2py --cli``; `command` runs them.
"""
