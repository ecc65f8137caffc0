"""Text to tree: lexing and parsing with lark, and what to say when that fails."""

from tars2py.syntax.parse import parse, tokens

__all__ = ["parse", "tokens"]
