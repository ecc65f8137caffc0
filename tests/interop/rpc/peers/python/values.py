"""The values that every client sends, and the one-line description both ends must agree on."""

from __future__ import annotations

from collections.abc import Mapping

from Interop import Color, Everything, Point


def show(point: Point) -> str:
    return f"{point.x}/{point.label}"


def pairs(items: Mapping[int, str] | Mapping[str, str]) -> str:
    return ",".join(f"{key}:{text}" for key, text in sorted(items.items()))


def describe(v: Everything) -> str:
    """The one-line description that both ends of a call must agree on."""
    shown: dict[str, object] = {
        "flag": int(v.flag),
        "tiny": v.tiny,
        "small": v.small,
        "number": v.number,
        "big": v.big,
        "utiny": v.utiny,
        "usmall": v.usmall,
        "unumber": v.unumber,
        "single": round(v.single * 1000),
        "exact": round(v.exact * 1000),
        "text": v.text,
        "color": int(v.color),
        "raw": v.raw.hex(),
        "numbers": ",".join(map(str, v.numbers)),
        "words": ",".join(v.words),
        "counts": pairs({key: str(count) for key, count in v.counts.items()}),
        "names": pairs(v.names),
        "point": show(v.point),
        "points": ",".join(map(show, v.points)),
        "groups": pairs(
            {k: f"[{','.join(map(show, p))}]" for k, p in v.groups.items()}
        ),
        "note": v.note,
        "last": v.last,
    }
    return ";".join(f"{name}={value}" for name, value in shown.items())


SAMPLES = {
    "extremes": Everything(
        flag=True,
        tiny=-128,
        small=-32768,
        number=-(2**31),
        big=-(2**63),
        utiny=255,
        usmall=65535,
        unumber=2**32 - 1,
        single=-0.5,
        exact=1234567.125,
        text="x" * 300,
        color=Color.BLUE,
        raw=bytes([0, 255, 127, 128]),
        numbers=[0, 127, 128, 32767, 32768, 2**31 - 1, -(2**31)],
        words=[""],
        counts={"": -1},
        names={-1: ""},
        point=Point(x=-1, label=""),
        points=[Point(x=0, label="zero")],
        groups={"": []},
        note="",
        last=2**63 - 1,
    ),
    "plenty": Everything(
        tiny=1,
        small=300,
        number=70000,
        big=1 << 40,
        utiny=200,
        usmall=40000,
        unumber=3000000000,
        single=1.5,
        exact=-2.25,
        text="čtyři 四 🙂",
        color=Color.GREEN,
        raw=b"\x07" * 300,
        numbers=[1, 2, 3],
        words=["a", "čé", "四"],
        counts={"one": 1, "two": 2},
        names={1: "one", 70000: "many"},
        point=Point(x=3, label="here"),
        points=[Point(x=1, label="a"), Point(x=2, label="b")],
        groups={"g": [Point(x=1, label="x"), Point(x=2, label="y")], "h": []},
        note="a note",
        last=5,
    ),
    "defaults": Everything(),
}
