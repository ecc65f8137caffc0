"""The view: everything that a template prints, as strings, ready to be laid out."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "CommandMethodView",
    "CommandView",
    "ConstView",
    "EnumView",
    "EnumeratorView",
    "FlagView",
    "InterfaceView",
    "MemberView",
    "MethodView",
    "Options",
    "ParamView",
    "PartView",
    "ProjectView",
    "ReplyView",
    "ServantView",
    "StructView",
]


class Options(NamedTuple):
    """What the caller may choose about the output."""

    prefix: str = ""
    """The package that all generated packages are in: ``tars_runtime.interfaces``."""

    elsewhere: tuple[tuple[str, str], ...] = ()
    """Modules that are compiled already, with their package."""

    check_default: bool = True
    """Leave optional members that equal their default out of the encoding."""


class EnumeratorView(NamedTuple):
    """``MERRY = 1``."""

    name: str
    number: int
    doc: str


class EnumView(NamedTuple):
    """An IntEnum."""

    name: str
    doc: str
    enumerators: tuple[EnumeratorView, ...]


class ConstView(NamedTuple):
    """``MAX_NAME: Final = 64``."""

    name: str
    value: str
    doc: str


class MemberView(NamedTuple):
    """A dataclass field: ``name: annotation = default``."""

    name: str
    annotation: str
    default: str
    factory: str
    """What ``field(default_factory=...)`` calls, instead of a default."""

    doc: str
    schema: str
    """``codec.require(0, "name", codec.STRING)``."""


class StructView(NamedTuple):
    """A dataclass, and its schema."""

    name: str
    doc: str
    members: tuple[MemberView, ...]
    hashed: tuple[str, ...] | None
    """What ``__hash__`` is made of, None where there is none."""

    ordered: tuple[str, ...] | None
    """What ``__lt__`` compares, as expressions on ``{}``, None where there is none."""

    elide: str
    """The ``elide=`` argument of the schema, or nothing."""


class ReplyView(NamedTuple):
    """What a method with ``out`` parameters returns."""

    name: str
    method: str
    has_result: bool
    members: tuple[MemberView, ...]


class ParamView(NamedTuple):
    """A parameter that goes in."""

    name: str
    annotation: str
    schema: str


class MethodView(NamedTuple):
    """A method: one row of the interface's table, four times a ``def``."""

    name: str
    idl_name: str
    row: str
    doc: str
    params: tuple[ParamView, ...]
    returns: str
    gives: str


class InterfaceView(NamedTuple):
    """An interface: replies, table, three proxies, servant."""

    name: str
    idl_name: str
    doc: str
    proxy: str
    blocking: str
    one_way: str
    servant: str
    replies: tuple[ReplyView, ...]
    methods: tuple[MethodView, ...]


class PartView(NamedTuple):
    """One generated file."""

    module: str
    """The IDL's name of the module."""

    package: str
    """Its package, without prefix: the folder."""

    stem: str
    """The file's name without ``.py``."""

    source: str
    """The ``.tars`` file's name."""

    imports: tuple[str, ...]
    """Import statements, an empty string between two groups."""

    exports: tuple[str, ...]
    enums: tuple[EnumView, ...]
    consts: tuple[ConstView, ...]
    structs: tuple[StructView, ...]
    interfaces: tuple[InterfaceView, ...]


class ServantView(NamedTuple):
    """A servant to fill in."""

    file: str
    name: str
    base: str
    idl_name: str
    source: str
    doc: str
    imports: tuple[str, ...]
    methods: tuple[MethodView, ...]


class FlagView(NamedTuple):
    """One flag of a subcommand: the arguments of ``add_argument``."""

    option: str
    arguments: tuple[str, ...]


class CommandMethodView(NamedTuple):
    """A method as a subcommand."""

    name: str
    idl_name: str
    help: str
    """The ``help=`` argument of the subcommand, or nothing."""

    flags: tuple[FlagView, ...]
    arguments: tuple[str, ...]
    """What the proxy's method is called with, as expressions on ``given``."""

    void: bool
    """It gives nothing back."""


class CommandView(NamedTuple):
    """The command line of an interface."""

    file: str
    idl_name: str
    about: str
    """What the program is for, as one or several literals."""

    proxy: str
    imports: tuple[str, ...]
    methods: tuple[CommandMethodView, ...]


class ProjectView(NamedTuple):
    """The names in a new project."""

    object: str
    """``App.Server.Obj``."""

    app: str
    server: str
    servant: str
    interface: str
    package: str
    """What tars2py makes of module ``app``."""

    image: str
    """A name that container images and packages may have."""

    port: int
    """Where the server listens on its author's machine; the next one is for administration."""
