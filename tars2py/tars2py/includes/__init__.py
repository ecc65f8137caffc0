"""Includes: finds and reads all files of a run, each once, included ones first."""

from tars2py.includes.program import Program, Unit, gather

__all__ = ["Program", "Unit", "gather"]
