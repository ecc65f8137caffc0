"""What the framework's own services ask each other: compiled from ``idl/framework``.

A package of its own, for these files and the others declare some names (``tars::AdapterConf``)
each in its own way.
"""
