"""The compiled engine: a schema becomes one straight-line Python function each way.

`text` collects the code, `reading` and `writing` give it its shape, the kinds fill it in;
`assemble` makes functions of it through construct's own ``compile()``. What the functions call
is in `prelude` (to read) and `pieces` (to write).
"""
