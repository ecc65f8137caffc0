"""Interfaces of this registry alone, compiled from ``idl/``; a test compiles them again."""
