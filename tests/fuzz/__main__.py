"""``python -m tests.fuzz --seconds 60``: fuzz codec, frames and packets for a while.

With atheris, guided by coverage; with ``--plain``, by seeded mutations of the corpus alone, which
is what runs where atheris is not, and over the native engine with sanitizers (docs/codec.md).
A finding ends the run with the input in a file of the folder that ``--keep`` names.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import Any


def main() -> int:
    """Fuzz, and end with 0 if nothing was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("--seconds", type=float, default=60, help="how long")
    parser.add_argument("--plain", action="store_true", help="without atheris")
    parser.add_argument("--seed", type=int, default=0, help="of the plain mutations")
    parser.add_argument("--keep", type=Path, help="the folder for corpus and findings")
    asked = parser.parse_args()
    folder = asked.keep or Path(tempfile.mkdtemp(prefix="tars2py-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    if asked.plain:
        return plain(asked.seconds, asked.seed, folder)
    try:
        import atheris  # type: ignore[import-untyped,unused-ignore]  # comes without types
    except ImportError:
        print("atheris is not installed (pip install atheris): plain mutations instead")
        return plain(asked.seconds, asked.seed, folder)
    return guided(atheris, asked.seconds, folder)


def guided(atheris: Any, seconds: float, folder: Path) -> int:
    """Fuzz by coverage; does not return, for the library ends the process."""
    with atheris.instrument_imports(include=["tars_runtime"]):
        from tests.fuzz.targets import check, seeds
    for number, data in enumerate(seeds()):
        (folder / f"seed-{number:05d}").write_bytes(data)
    words = [
        sys.argv[0],
        f"-max_total_time={int(seconds)}",
        "-max_len=4096",
        "-print_final_stats=1",
        f"-artifact_prefix={folder}/",
        str(folder),
    ]
    atheris.Setup(words, check)
    atheris.Fuzz()
    return 0


def plain(seconds: float, seed: int, folder: Path) -> int:
    """Fuzz by mutating the corpus."""
    from tests.codec.schemas import mutated
    from tests.fuzz.targets import check, seeds

    rnd, corpus = random.Random(seed), seeds()
    end, tried = time.monotonic() + seconds, 0
    for data in corpus:
        check(data)
    while time.monotonic() < end:
        for _ in range(200):
            data = mutated(rnd, rnd.choice(corpus))
            try:
                check(data)
            except BaseException:
                finding = folder / f"finding-{seed}-{tried}"
                finding.write_bytes(data)
                print(f"a finding after {tried} inputs: {finding}")
                raise
            tried += 1
    print(f"{len(corpus)} seeds and {tried} mutations: nothing found")
    return 0


if __name__ == "__main__":
    sys.exit(main())
