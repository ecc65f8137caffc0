"""The registry's interfaces as command lines, made by ``tars2py --cli``."""
