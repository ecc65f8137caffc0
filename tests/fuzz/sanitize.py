"""``python -m tests.fuzz.sanitize --seconds 30``: the native engine under sanitizers.

Compiles the C with the address and undefined-behaviour sanitizers into a copy of the package,
and runs over it the plain fuzzer and the tests of codec and packets. A finding ends the run with
the sanitizer's report.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "runtime" / "tars_runtime"
FLAGS = [
    "-std=c11",
    "-O1",
    "-g",
    "-fno-omit-frame-pointer",
    "-fsanitize=address,undefined",
    "-fno-sanitize-recover=undefined",
    "-Wall",
    "-Wextra",
    "-Werror",
    "-shared",
    "-fPIC",
]
TESTS = (
    "tests/codec",
    "tests/runtime/test_plain.py",
    "tests/runtime/test_plain_memory.py",
    "tests/runtime/test_protocol.py",
    "tests/runtime/test_shapes.py",
)
LIBRARIES = ("libasan.so", "libubsan.so")


class Unavailable(Exception):
    """There is no compiler, or it has no sanitizers."""


def libraries() -> list[str]:
    """The sanitizers' libraries. Raises `Unavailable`."""
    if shutil.which("gcc") is None:
        raise Unavailable("needs gcc with its sanitizers, got no gcc")
    found = []
    for name in LIBRARIES:
        words = ["gcc", f"-print-file-name={name}"]
        path = subprocess.run(words, capture_output=True, text=True).stdout.strip()
        if not Path(path).is_absolute():
            raise Unavailable(f"needs {name}, which this gcc has not")
        found.append(path)
    return found


def compiled(folder: Path) -> Path:
    """A copy of the package whose native engine is watched: the folder to import from."""
    shutil.copytree(PACKAGE, folder / "tars_runtime")
    codec = folder / "tars_runtime" / "codec"
    for old in codec.glob("_native.*.so"):
        old.unlink()
    target = codec / f"_native{sysconfig.get_config_var('EXT_SUFFIX')}"
    sources = sorted(str(each) for each in (codec / "native").glob("*.c"))
    include = f"-I{sysconfig.get_path('include')}"
    subprocess.run(["gcc", *FLAGS, include, *sources, "-o", str(target)], check=True)
    return folder


def watched(folder: Path, *words: str) -> int:
    """Run Python over the watched engine: its exit code."""
    environment = {
        **os.environ,
        "LD_PRELOAD": " ".join(libraries()),
        "ASAN_OPTIONS": "detect_leaks=0",  # Python itself does not free all at its end
        "PYTHONMALLOC": "malloc",  # so that the sanitizer sees every object
        "PYTHONPATH": str(folder),
        "TARS_CODEC": "native",
    }
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=environment)
    return done.returncode


def main(words: list[str] | None = None) -> int:
    """Compile, fuzz, test; 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.sanitize")
    parser.add_argument("--seconds", default="30", help="of fuzzing")
    parser.add_argument("--no-tests", action="store_true", help="only fuzz")
    asked = parser.parse_args(words)
    folder = Path(tempfile.mkdtemp(prefix="tars2py-sanitize-"))
    try:
        compiled(folder)
        fuzz = ("-m", "tests.fuzz", "--plain", "--seconds", asked.seconds)
        # A sanitizer holds freed memory back, so what measures memory is left out.
        tests = ("-m", "pytest", "-q", "-k", "not stands_still and not kept", *TESTS)
        runs = [fuzz] if asked.no_tests else [fuzz, tests]
        return max(watched(folder, *run) for run in runs)
    except Unavailable as reason:
        print(reason)
        return 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
