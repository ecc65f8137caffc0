"""``tarscli doctor``: what is wrong around this server, and how to fix it.

Each examination returns findings; an examination that cannot be made says so as a finding.
"""

from __future__ import annotations

from collections.abc import Callable

from tars_runtime.errors import TarsError

from tarscli.console import complain, mark, say, say_json
from tarscli.examinations import EXAMINATIONS, Finding, Patient
from tarscli.options import Options

__all__ = ["run"]

_WORDS = {"ok": "ok", "warn": "warning", "fail": "FAILED"}


def run(options: Options) -> int:
    """The command: 1 when an examination failed, 0 with warnings at most."""
    patient = Patient(options)
    findings: list[Finding] = []
    for name, examine in EXAMINATIONS:
        findings += _examined(name, examine, patient)
    if options.text("output") == "json":
        say_json([each.shown() for each in findings])
    else:
        for each in findings:
            _print(each)
    return int(any(each.level == "fail" for each in findings))


def _examined(
    name: str, examine: Callable[[Patient], list[Finding]], patient: Patient
) -> list[Finding]:
    try:
        return examine(patient)
    except (TarsError, OSError) as error:
        return [Finding(name, "fail", str(error), "fix what the message names")]


def _print(finding: Finding) -> None:
    word = mark(_WORDS[finding.level].ljust(8), finding.level)
    say(f"{word} {finding.name}: {finding.text}")
    if finding.fix:
        complain(f"  {finding.name}: {finding.fix}")
