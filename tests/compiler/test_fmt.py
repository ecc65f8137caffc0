"""``tars2py fmt``: one style, nothing lost, nothing left to do the second time."""

from __future__ import annotations

from pathlib import Path

import pytest
from tars2py.cli import main
from tars2py.format import format_text

ROOT = Path(__file__).parents[2]
IDL = ROOT / "runtime" / "tars_runtime" / "interfaces" / "idl"

WILD = """\
#include "a.tars" // why
/* x */ module Demo { // open
enum E { A=1, // one
B, /* two */ C // three
};enum F{};
   // c1

   // c2


 const int X=1;const string  Y = "a;b{" ; /* y */ // z
 struct S { 0 require map<string,vector<vector<int> > > m; // mm
  1   optional Other :: T   t /* in */ = 5 ;
      /** doc
    * more
      */
 255 require int arr [ 4 ];


 // end
 };
 key [ S , a,b ] ;
 interface I {
   int f ( int a , // first
     out map<int,string> b ) ;
   void aVeryLongMethodName(string application, string serverName,
                            out map<string, string> r, out int s);
 };
 };
"""

TAMED = """\
#include "a.tars" // why

/* x */
module Demo
{ // open
    enum E
    {
        A = 1, // one
        B,     /* two */
        C      // three
    };

    enum F
    {
    };

    // c1

    // c2

    const int X = 1;
    const string Y = "a;b{"; /* y */ // z

    struct S
    {
        0 require map<string, vector<vector<int>>> m; // mm
        1 optional Other::T t /* in */ = 5;
        /** doc
         * more
         */
        255 require int arr[4];

        // end
    };

    key[S, a, b];

    interface I
    {
        int f(int a, /* first */ out map<int, string> b);
        void aVeryLongMethodName(
            string application,
            string serverName,
            out map<string, string> r,
            out int s);
    };
};
"""


def test_one_style() -> None:
    assert format_text(WILD) == TAMED
    assert format_text(TAMED) == TAMED


@pytest.mark.parametrize(
    "file", sorted(IDL.rglob("*.tars")), ids=lambda path: path.name
)
def test_the_frameworks_files_are_in_it(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert format_text(text) == text


@pytest.mark.parametrize(
    "case", sorted((ROOT / "tests" / "idl").iterdir()), ids=lambda path: path.name
)
def test_every_accepted_case_can_be_formatted_once(case: Path, tmp_path: Path) -> None:
    file = tmp_path / "main.tars"
    file.write_bytes((case / "main.tars").read_bytes())
    assert main(["fmt", str(file)]) == 0
    once = file.read_bytes()
    assert main(["fmt", "--check", str(file)]) == 0
    assert main(["fmt", str(file)]) == 0
    assert file.read_bytes() == once


def test_check_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.tars"
    file.write_text("module A{};")
    assert main(["fmt", "--check", str(file)]) == 1
    assert capsys.readouterr().out == f"would reformat {file}\n"
    assert file.read_text() == "module A{};"
    assert main(["fmt", str(file)]) == 0
    assert file.read_text() == "module A\n{\n};\n"


def test_no_file_is_touched_when_one_does_not_parse(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    good, bad = tmp_path / "good.tars", tmp_path / "bad.tars"
    good.write_text("module A{};")
    bad.write_text("module A{")
    assert main(["fmt", str(good), str(bad), str(tmp_path / "none.tars")]) == 1
    assert good.read_text() == "module A{};"
    shown = capsys.readouterr().err
    assert "bad.tars:1:10: error: expected" in shown
    assert "none.tars': no such file" in shown
