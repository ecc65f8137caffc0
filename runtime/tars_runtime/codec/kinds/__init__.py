"""One module per kind of type: how its values are read, written, emitted, tabled, shown."""
