"""The framework's own interfaces, compiled by ``tars2py`` from the ``.tars`` files in ``idl/``."""
