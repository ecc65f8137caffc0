"""The compiled engine: a schema becomes one straight-line Python function each way.

`emitter` collects the text, the kinds write it, `assemble` makes functions of it through
construct's own ``compile()``, and `prelude` is what the functions call.
"""
