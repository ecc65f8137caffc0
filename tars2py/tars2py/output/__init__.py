"""Output: files are written whole or not at all, an author's are kept, and a run may be spared.

Nothing is imported here: every run begins with `tars2py.output.stamp`, and many end with it.
"""
