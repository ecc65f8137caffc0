"""Which value an option has, and why: flag, else variable, else meta file, else default.

All mistakes of a command line are reported together, each naming the flag or variable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from tars_runtime.errors import UsageError

from tarscli.commands import named
from tarscli.durations import parse_duration
from tarscli.settings import SETTINGS, Kind, Setting, of_command

__all__ = ["Options", "Value", "parse_command_line", "parse_size", "suggest"]

_SHORT = {"-o": "--output", "-f": "--follow"}
_TRUE = ("1", "true", "yes", "on", "y")
_FALSE = ("", "0", "false", "no", "off", "n")
_SIZES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}


@dataclass(frozen=True, slots=True)
class Value:
    """An option's text and where it comes from."""

    text: str
    origin: str


@dataclass(slots=True)
class Options:
    """The options of one invocation.

    The getters name the kind that they expect; texts were checked when this was made.
    """

    command: str
    values: dict[str, Value]
    environment: Mapping[str, str]
    words: list[str] = field(default_factory=list[str])

    def text(self, key: str) -> str:
        """The option's text."""
        return self.values[key].text

    def number(self, key: str) -> int:
        """The option as an integer; 0 when it has no value."""
        return int(self.text(key) or "0")

    def seconds(self, key: str) -> float:
        """The option as a time in seconds."""
        return parse_duration(self.text(key))

    def size(self, key: str) -> int:
        """The option as a number of bytes."""
        return parse_size(self.text(key))

    def on(self, key: str) -> bool:
        """Whether the switch is on."""
        return self.text(key).lower() in _TRUE

    def given(self, key: str) -> bool:
        """Whether flag or variable gave the option, not the meta file or the default."""
        return self.values[key].origin not in ("default", "meta file")

    def meta(self, given: Mapping[str, str]) -> None:
        """Let the meta file's values, by meta key, stand where neither flag nor variable does."""
        for setting in SETTINGS:
            present = self.values.get(setting.key)
            if present and setting.meta in given and present.origin == "default":
                self.values[setting.key] = Value(given[setting.meta], "meta file")


def parse_command_line(
    command: str, arguments: Sequence[str], environment: Mapping[str, str]
) -> Options:
    """Read the flags of ``command`` and the variables that it knows.

    Raises `UsageError` with all mistakes, one a line.
    """
    known = {each.flag: each for each in of_command(command)}
    flags, words, problems = _split(command, arguments, known)
    values = {}
    for setting in known.values():
        value = _value_of(setting, flags, environment)
        values[setting.key] = value
        problem = _problem(setting, value)
        if problem:
            problems.append(problem)
    if problems:
        raise UsageError("\n".join(problems))
    return Options(command, values, environment, words)


def _split(
    command: str, arguments: Sequence[str], known: Mapping[str, Setting]
) -> tuple[dict[str, str], list[str], list[str]]:
    flags: dict[str, str] = {}
    words: list[str] = []
    problems: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        name, equals, text = argument.partition("=")
        setting = known.get(_SHORT.get(name, name))
        if argument == "--":
            words.extend(rest)
        elif _is_word(argument) or (setting is None and _takes_fields(command)):
            words.append(argument)
        elif setting is None:
            problems.append(
                f"{name}: {command} has no such flag{suggest(name, known)}; "
                f"see tarscli {command} --help"
            )
        elif setting.kind is Kind.SWITCH:
            flags[setting.key] = text if equals else "1"
        else:
            following = text if equals else next(rest, None)
            if following is None:
                problems.append(f"{name}: expected a value behind it")
            flags[setting.key] = following or ""
    return flags, words, problems


def _is_word(argument: str) -> bool:
    return not argument.startswith("-") or argument == "-"


def _takes_fields(command: str) -> bool:
    found = named(command)
    return found is not None and found.fields


def _value_of(
    setting: Setting, flags: Mapping[str, str], environment: Mapping[str, str]
) -> Value:
    if setting.key in flags:
        return Value(flags[setting.key], "flag " + setting.flag)
    text = environment.get(setting.variable) if setting.variable else None
    if text is not None and (text or not setting.empty_is_unset):
        return Value(text, "environment " + setting.variable)
    return Value(setting.default, "default")


def _problem(setting: Setting, value: Value) -> str:
    try:
        number = _read(setting, value.text)
    except ValueError as error:
        return f"{_shown(setting, value)}: {error}"
    if number is None:
        return ""
    below = setting.low is not None and number < setting.low
    above = setting.high is not None and number > setting.high
    if below or above:
        return f"{_shown(setting, value)}: expected {_range(setting)}"
    return ""


def _shown(setting: Setting, value: Value) -> str:
    name = setting.flag if value.origin.startswith("flag") else setting.variable
    return f"{name}={value.text}"


def _range(setting: Setting) -> str:
    unit = " s" if setting.kind is Kind.TIME else ""
    low = "" if setting.low is None else f"at least {setting.low:g}{unit}"
    high = "" if setting.high is None else f"at most {setting.high:g}{unit}"
    return " and ".join(each for each in (low, high) if each)


def _read(setting: Setting, text: str) -> float | None:
    """The number that the bounds apply to; raises `ValueError` when ``text`` is unreadable."""
    match setting.kind:
        case Kind.TEXT:
            _check_line(text)
        case Kind.SWITCH:
            if text.lower() not in _TRUE + _FALSE:
                raise ValueError("expected 1 or 0")
        case Kind.CHOICE:
            if text not in setting.choices:
                raise ValueError("expected one of " + ", ".join(setting.choices))
        case Kind.TIME:
            return parse_duration(text)
        case Kind.SIZE:
            return parse_size(text)
        case Kind.NUMBER:
            return None if text == setting.default == "" else _whole(text)
    return None


def _check_line(text: str) -> None:
    if any(character in text for character in "\0\n\r"):
        raise ValueError("expected one line without control characters")


def _whole(text: str) -> int:
    digits = text[1:] if text[:1] in ("+", "-") else text
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        raise ValueError("expected a whole number")
    return int(text)


def parse_size(text: str) -> int:
    """Bytes of ``10M``: a whole number and, if wanted, K, M or G; raises `ValueError`."""
    unit = _SIZES.get(text[-1:].upper(), 1)
    digits = text if unit == 1 else text[:-1]
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 12:
        raise ValueError("expected a whole number and K, M or G, as in 10M")
    return int(digits) * unit


def suggest(name: str, known: Mapping[str, object] | Sequence[str]) -> str:
    """``; did you mean X?`` when something known is near to ``name``, else nothing."""
    from difflib import get_close_matches

    near = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
