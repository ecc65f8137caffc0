"""Random ``.tars`` files that are right, with every name that could hurt."""

from __future__ import annotations

from hypothesis import strategies as st

__all__ = ["files"]

_RESERVED = """
    module struct enum const interface key require optional out routekey void true false
    unsigned bool byte short int long float double string vector map
"""

_NASTY = """
    self ret timeout context options field type list name value mro None True class def async
    await lambda import from str int_ dict bytes bool_ float_ id hash len tuple sorted frozenset
    object property print codec rpc dataclass IntEnum Final ABC Mapping abstractmethod
    annotations typing json struct_ sys of _call _send _channel __x __init__ __slots__ __dict__
    __tars__ __hash__ _x_ __ _ x x_ X _0 __0 _0_ I l O kw_only slots real numerator items keys
    fields
    TYPE_CHECKING __all__ __getattr__ _HOME _import_module NotImplemented Any tars2py given
"""
"""Keywords, builtins, internals of dataclass and enum, the generator's own names."""

names = st.one_of(
    st.sampled_from(_NASTY.split()),
    st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,30}", fullmatch=True),
    st.sampled_from(["Long" * 10, "long_" * 14, "x" * 60 + "Y", "Z" * 80]),
).filter(lambda name: name not in _RESERVED.split())

_WORDS = (
    "bool,byte,short,int,long,float,double,string,"
    "unsigned byte,unsigned short,unsigned int"
)
words = st.sampled_from(_WORDS.split(","))

remarks = st.one_of(
    st.just(""),
    st.text(
        st.characters(
            codec="utf-8", exclude_categories=["Cs"], exclude_characters="\r\n\0"
        ),
        max_size=120,
    ).filter(lambda text: "*/" not in text),
    st.sampled_from(
        ['ends with "', "ends with \\", '"""', "你好，世界。" * 12, "a b " * 60]
    ),
)

DEFAULTS = {
    "bool": st.sampled_from(["true", "false"]),
    "byte": st.integers(-128, 127).map(str),
    "short": st.integers(-(2**15), 2**15 - 1).map(str),
    "int": st.integers(-(2**31), 2**31 - 1).map(str),
    "long": st.integers(-(2**63), 2**63 - 1).map(hex),
    "unsigned byte": st.integers(0, 255).map(str),
    "unsigned short": st.integers(0, 65535).map(hex),
    "unsigned int": st.integers(0, 2**32 - 1).map(str),
    "float": st.floats(-(2.0**100), 2.0**100, width=32, allow_subnormal=False).map(
        repr
    ),
    "double": st.floats(allow_nan=False, allow_infinity=False).map(repr),
    "string": st.text(
        st.characters(codec="ascii", exclude_characters='"\\\n\r\0'), max_size=100
    ).map(lambda text: f'"{text}"'),
}


@st.composite
def _comment(draw: st.DrawFn) -> str:
    text = draw(remarks)
    if not text.strip():
        return ""
    return draw(
        st.sampled_from([f"// {text}\n", f"/** {text} */ ", f"/* {text}\n*/\n"])
    )


@st.composite
def _type(draw: st.DrawFn, named: list[str], depth: int = 3) -> str:
    kinds = ["word"] + (["named"] if named else []) + (["vector", "map"] * bool(depth))
    match draw(st.sampled_from(kinds)):
        case "named":
            return draw(st.sampled_from(named))
        case "vector":
            return f"vector<{draw(_type(named, depth - 1))}>"
        case "map":
            key = draw(st.sampled_from(["int", "string", "long", "bool", "byte"]))
            return f"map<{key}, {draw(_type(named, depth - 1))}>"
        case _:
            return draw(words)


@st.composite
def _struct(draw: st.DrawFn, name: str, named: list[str]) -> str:
    members = draw(st.lists(names, unique=True, max_size=6))
    tags = draw(
        st.lists(
            st.integers(0, 255),
            unique=True,
            min_size=len(members),
            max_size=len(members),
        )
    )
    lines = []
    for tag, member in zip(tags, members, strict=True):
        manner = draw(st.sampled_from(["require", "optional"]))
        of = draw(_type([*named, f"vector<{name}>"]))
        value = ""
        if of in DEFAULTS and draw(st.booleans()):
            value = f" = {draw(DEFAULTS[of])}"
        elif draw(st.integers(0, 9)) == 0:
            value = "[7]"
        lines.append(f"{draw(_comment())}{tag} {manner} {of} {member}{value};")
    return f"struct {name} {{ {' '.join(lines)} }};"


@st.composite
def _enum(draw: st.DrawFn, name: str) -> str:
    items = draw(st.lists(names, unique=True, max_size=6))
    texts = []
    for item in items:
        value = draw(st.one_of(st.none(), st.integers(-1000, 1000)))
        texts.append(
            f"{draw(_comment())}{item}" + ("" if value is None else f" = {value}")
        )
    return f"enum {name} {{ {', '.join(texts)} }};"


@st.composite
def _interface(draw: st.DrawFn, name: str, named: list[str]) -> str:
    methods = []
    for method in draw(st.lists(names, unique=True, max_size=4)):
        params = [
            f"{draw(st.sampled_from(['', 'out ']))}{draw(_type(named))} {param}"
            for param in draw(st.lists(names, unique=True, max_size=5))
        ]
        result = draw(st.one_of(st.just("void"), _type(named)))
        methods.append(f"{draw(_comment())}{result} {method}({', '.join(params)});")
    return f"interface {name} {{ {' '.join(methods)} }};"


@st.composite
def files(draw: st.DrawFn) -> str:
    """The text of a file with one module: any declarations, any comments, any layout."""
    declared = draw(st.lists(names, unique=True, max_size=8))
    named: list[str] = []
    texts = []
    for name in declared:
        texts.append(draw(_comment()))
        match draw(st.sampled_from(["struct", "enum", "const", "interface"])):
            case "struct":
                texts.append(draw(_struct(name, named)))
                named.append(name)
            case "enum":
                texts.append(draw(_enum(name)))
                named.append(name)
            case "const":
                of = draw(words)
                texts.append(f"const {of} {name} = {draw(DEFAULTS[of])};")
            case _:
                texts.append(draw(_interface(name, named)))
    module = draw(names)
    return f"{draw(_comment())}module {module}\n{{\n" + "\n".join(texts) + "\n};\n"
