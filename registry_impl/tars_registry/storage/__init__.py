"""Where the rows are kept: SQLite in a file, or MySQL with the ``db_tars`` schema.

``location`` says where, ``schema`` and ``migrate`` which tables, ``reads`` and ``writes`` are the
statements, ``store`` runs them on one writer and one reader thread behind an asyncio face.
"""
