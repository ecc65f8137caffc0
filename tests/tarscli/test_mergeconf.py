"""The overlay: order and comments stay, nothing is dropped in silence."""

from __future__ import annotations

from pathlib import Path

import pytest
from tars_runtime.config import Config
from tars_runtime.errors import ConfigError
from tarscli.confdoc import Section, parse_document
from tarscli.mergeconf import load_overlay, merge

BASE = """\
<tars>
    # first
    <application>
        enableset=n
        <server>
            app=Demo
            # where admin listens
            local = tcp -h 127.0.0.1 -p 1
            allow
            <db>
                host=a
            </db>
            tail=x
        </server>
    </application>
</tars>
"""


def merged(overlay: str, base: str = BASE) -> tuple[str, list[str]]:
    document = parse_document(base, "base")
    warnings = merge(document, parse_document(overlay, "over.conf"), "over.conf")
    return str(document), warnings


def inside(text: str) -> str:
    return (
        f"<tars>\n<application>\n<server>\n{text}\n</server>\n</application>\n</tars>\n"
    )


def test_an_empty_overlay_changes_no_byte() -> None:
    assert merged("")[0] == BASE
    assert merged("# nothing\n\n")[0] == BASE


def test_keys_are_replaced_where_they_stand_and_comments_stay() -> None:
    text, warnings = merged(inside("local=udp\nhost2=b\napp = Other"))
    lines = text.splitlines()
    assert "            # where admin listens" in lines
    assert lines.index("            local = udp") == BASE.splitlines().index(
        "            local = tcp -h 127.0.0.1 -p 1"
    )
    assert "            app=Other" in lines
    assert lines.index("            host2=b") == lines.index("            tail=x") + 1
    assert warnings == []


def test_new_keys_keep_the_overlays_order_and_the_result_is_always_the_same() -> None:
    overlay = inside("\n".join(f"k{n}={n}" for n in (5, 3, 9, 1)))
    texts = {merged(overlay)[0] for _ in range(5)}
    assert len(texts) == 1
    text = texts.pop()
    assert [line.strip() for line in text.splitlines() if "k" in line and "=" in line][
        -4:
    ] == [
        "k5=5",
        "k3=3",
        "k9=9",
        "k1=1",
    ]


def test_an_empty_value_wins_a_bare_key_stays_bare() -> None:
    text, _ = merged(inside("app=\nallow"))
    assert "            app=\n" in text
    assert "            allow\n" in text
    assert Config.parse(text)["/tars/application/server/app"] == ""


def test_new_sections_are_appended_and_known_ones_continued_at_any_depth() -> None:
    text, _ = merged(
        inside("<db>\nport=3306\n</db>\n<extra>\nx=1\n</extra>\n<nothing/>")
    )
    config = Config.parse(text)
    assert config["/tars/application/server/db/host"] == "a"
    assert config["/tars/application/server/db/port"] == "3306"
    assert config["/tars/application/server/extra/x"] == "1"
    assert config.has_domain("/tars/application/server/nothing")


def test_two_roots_and_repeated_sections_are_folded() -> None:
    text, _ = merged(inside("a=1") + inside("b=2"))
    config = Config.parse(text)
    assert config["/tars/application/server/a"] == "1"
    assert config["/tars/application/server/b"] == "2"
    assert text.count("<server>") == 1


def test_values_may_hold_anything_the_go_tool_broke_on() -> None:
    text, _ = merged(
        inside("q=a&b<c>\"'%\nlong=" + "x" * 100_000 + "\npath=C:\\\\temp\nlist=a;b=c"),
    )
    config = Config.parse(text)
    assert config["/tars/application/server/q"] == "a&b<c>\"'%"
    assert len(config["/tars/application/server/long"]) == 100_000
    assert config["/tars/application/server/path"] == "C:\\temp"
    assert config["/tars/application/server/list"] == "a;b=c"
    assert Config.parse(text)["/tars/application/server/tail"] == "x"


def test_a_tag_in_a_comment_is_a_comment() -> None:
    text, _ = merged(inside("# see <server>\na=1"))
    assert Config.parse(text)["/tars/application/server/a"] == "1"


def test_windows_line_ends() -> None:
    text, _ = merged(inside("a=1").replace("\n", "\r\n"))
    assert Config.parse(text)["/tars/application/server/a"] == "1"


def test_keys_and_sections_can_be_removed() -> None:
    text, warnings = merged(inside("!tail\n!db\n!absent"))
    assert "tail" not in text
    assert "<db>" not in text
    assert warnings == ["over.conf:6: !absent removes nothing"]


def test_conflicts_of_key_and_section_are_said() -> None:
    text, warnings = merged(inside("db=1\n<app>\nx=1\n</app>"))
    assert text == BASE
    assert warnings == [
        "over.conf:4: db is a section of the generated config; the key is left out",
        "over.conf:5: app is a key of the generated config; the section is left out",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "<tars>\n  <a>\n</tars>\n",
            "o.conf:3:1: expected </a> (opened in line 2), got </tars>",
        ),
        ("<tars>\n", "o.conf:1:1: <tars> is never closed; add </tars>"),
        ("</tars>\n", "o.conf:1:1: </tars> closes nothing"),
        ("<tars>\n  <a\n</tars>\n", "o.conf:2:3: expected > at the end of a tag"),
        ("<tars>\n\t=5\n</tars>\n", "o.conf:2:2: expected a key before '='"),
    ],
)
def test_structural_errors_have_file_line_and_column(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_document(text, "o.conf")
    assert message in str(caught.value)


def test_gbk_is_read_when_asked_for_and_refused_with_its_place_otherwise(
    tmp_path: Path,
) -> None:
    path = tmp_path / "gbk.conf"
    path.write_bytes("<tars>\nname=深圳\n</tars>\n".encode("gbk"))
    with pytest.raises(
        ConfigError, match=r"gbk.conf:2:6: expected utf-8, got the byte 0xc9"
    ):
        load_overlay(path, "utf-8")
    tars = load_overlay(path, "gbk").section("tars")
    assert isinstance(tars, Section)
    found = tars.key("name")
    assert found is not None
    assert found.value == "深圳"
    with pytest.raises(
        ConfigError, match="TARS_MERGE_ENCODING=klingon: no such encoding"
    ):
        load_overlay(path, "klingon")
