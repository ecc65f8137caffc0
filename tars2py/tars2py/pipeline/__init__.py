"""The stages put together: to check files, to compile them, to load them at run time.

Nothing is imported here: ``tars2py check`` needs only the first half of the stages.
"""
