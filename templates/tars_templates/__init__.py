"""The jinja2 templates of everything that ``tars2py`` writes; a package, so that they install."""
