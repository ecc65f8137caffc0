"""The main job, shown step by step: ``python -m examples.demo [FOLDER]``.

Everything that it makes stands in one folder, everything that it starts ends with it, also
when it is interrupted.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from examples.demo.stage import DemoFailed, Stage
from examples.demo.steps import STEPS

FOLDER = "build/demo"


def main() -> int:
    """Run the steps in order; 0 when all went well, 1 when one did not, 130 when interrupted."""
    # A shell starts its background jobs with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else FOLDER)
    with Stage(folder.resolve()) as stage:
        try:
            for number, (title, step) in enumerate(STEPS, 1):
                print(f"\n{number}/{len(STEPS)}  {title}", flush=True)
                step(stage)
        except DemoFailed as failure:
            print(f"\nThe demo failed: {failure}", file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print("\nInterrupted: stopping what was started.", file=sys.stderr)
            return 130
    print("\nDone: compiled, registered, resolved, called, administered, drained.")
    print(f"What it left to look at is in {folder}/.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
