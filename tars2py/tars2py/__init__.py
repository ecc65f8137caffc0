"""The TARS compiler: ``.tars`` files in, typed Python out."""
