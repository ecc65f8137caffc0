"""What the command lines of ``tars2py --cli`` run on: how flags are read, answers are shown.

Nothing is imported here: `flags` and `answers` need the codec alone, `program` the whole client.
"""
