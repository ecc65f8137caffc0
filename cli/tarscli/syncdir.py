"""``tarscli syncdir``: from a mounted volume into ``bin/``, whole files only.

Links are followed, as ConfigMap and Secret volumes need it (``name`` is ``..data/name``), and
keep the name that they have in the source. A file of equal size and time is left alone.
"""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from tars_runtime.errors import ConfigError, TarsError

from tarscli.console import complain
from tarscli.files import make_folder
from tarscli.journal import note
from tarscli.layout import Layout
from tarscli.options import Options

__all__ = ["run", "sync"]

_MANIFEST = ".tarscli-syncdir"
"""Names what an earlier run has copied, so that ``--delete`` removes nothing else."""


def run(options: Options) -> int:
    """The command; nothing to do without a source."""
    if not options.text("sync_directory"):
        return 0
    layout = Layout(Path(options.text("tars_path")))
    source = Path(options.text("sync_directory"))
    given = options.text("sync_target_directory")
    target = Path(given) if given else layout.bin
    changed = sync(
        source,
        target,
        recursive=options.on("recursive"),
        delete=options.on("delete"),
        checksum=options.on("checksum"),
    )
    for line in changed:
        complain(line)
        note(layout.command_log, "syncdir", line)
    return 0


def sync(
    source: Path, target: Path, *, recursive: bool, delete: bool, checksum: bool
) -> list[str]:
    """Copy what differs; returns what was done. Raises `ConfigError` or `TarsError`."""
    if not source.is_dir():
        raise ConfigError(
            f"{source}: expected a directory (TARS_SYNC_DIRECTORY); is the volume mounted?"
        )
    make_folder(target)
    names = sorted(_names(source, Path(), recursive))
    done = []
    for name in names:
        try:
            if _differs(source / name, target / name, checksum):
                _copy(source / name, target / name)
                done.append(f"copied {name}")
        except OSError as error:
            raise TarsError(f"{target / name}: not copied: {error.strerror}") from error
    if delete:
        done += _delete(target, names)
    _remember(target, names)
    return done


def _names(source: Path, below: Path, recursive: bool) -> Iterator[Path]:
    """Regular files, or links to some; what Kubernetes keeps behind ``..`` is left out."""
    for entry in os.scandir(source / below):
        name = below / entry.name
        if entry.name.startswith(".."):
            continue
        if entry.is_file():
            yield name
        elif recursive and entry.is_dir():
            yield from _names(source, name, recursive)


def _differs(source: Path, target: Path, checksum: bool) -> bool:
    if not target.is_file():
        return True
    old, new = target.stat(), source.stat()
    if checksum:
        return not filecmp.cmp(source, target, shallow=False)
    return (old.st_size, old.st_mtime_ns) != (new.st_size, new.st_mtime_ns)


def _copy(source: Path, target: Path) -> None:
    """Replace ``target``; it keeps its mode, a new file gets one that suits its content."""
    target.parent.mkdir(parents=True, exist_ok=True)
    fresh = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with source.open("rb") as reader, fresh.open("wb") as writer:
            start = reader.read(4)
            writer.write(start)
            shutil.copyfileobj(reader, writer, 1 << 20)
            os.fchmod(writer.fileno(), _mode(source, target, start))
        stamp = source.stat()
        os.utime(fresh, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
        os.replace(fresh, target)
    finally:
        fresh.unlink(missing_ok=True)


def _mode(source: Path, target: Path, start: bytes) -> int:
    if target.is_file():
        return target.stat().st_mode & 0o777
    program = start.startswith((b"#!", b"\x7fELF"))
    return 0o755 if program else source.stat().st_mode & 0o777 | 0o400


def _delete(target: Path, names: list[Path]) -> list[str]:
    try:
        before = (target / _MANIFEST).read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    kept = {str(each) for each in names}
    gone = [each for each in before if each not in kept and (target / each).is_file()]
    for each in gone:
        (target / each).unlink()
    return [f"deleted {each}" for each in gone]


def _remember(target: Path, names: list[Path]) -> None:
    text = "".join(f"{each}\n" for each in names)
    try:
        if (
            not (target / _MANIFEST).is_file()
            or (target / _MANIFEST).read_text() != text
        ):
            (target / _MANIFEST).write_text(text, encoding="utf-8")
    except OSError as error:
        raise TarsError(f"{target / _MANIFEST}: {error.strerror}") from error
