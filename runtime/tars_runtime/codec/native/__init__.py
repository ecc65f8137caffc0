"""The native engine: C that walks a table made from the schema.

The C files stand beside this one and are compiled when the package is installed and a compiler is
there: `table.h` documents the table, `cursor.h` and `skip.c` read, `decode.c` makes values,
`buffer.h` and `encode.c` write them, `module.c` is what Python sees. `table` makes the rows.
Packets around messages have a fixed layout and no table: `plain.c` knows it, `packet.c` and
`names.c` make objects of it, `envelope.c` is what Python sees.
"""
