"""Times the start of the command line to its first output, against a Python that does nothing (P5)."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from bench import Row

RUNS = 15
LIMIT_MS = 150.0
HEAVY = ("django", "numpy")
CASE = {
    "procedure": {"age": 44, "modifiers": {"otherwise": "no"}},
    "checkins": [{"day": 3, "answers": {"swelling": {"level": "mild", "side": "both"}}, "otherwise": "no"}],
}
TRIAGE = (str(Path(sys.executable).with_name("afterthread")), "triage", "-")
NOTHING = (sys.executable, "-c", "pass")


def seconds_to_output(command: tuple[str, ...]) -> float:
    """From the start of a command to its first byte, or to its end where it says nothing."""
    data = json.dumps(CASE).encode()
    start = time.perf_counter()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin  # noqa: S101 - we asked for pipes
        assert process.stdout  # noqa: S101
        process.stdin.write(data)
        process.stdin.close()
        process.stdout.read(1)
        took = time.perf_counter() - start
        process.stdout.read()
    return took


def heavy_imports() -> list[str]:
    """Which of the heavy packages the command imports; none, it is hoped."""
    code = "import sys; from afterthread.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    code += f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", code, *TRIAGE[1:]], input=json.dumps(CASE).encode(), capture_output=True, check=True
    )
    if not done.stdout:
        raise RuntimeError("`afterthread triage` printed nothing")
    return json.loads(done.stderr.decode().replace("'", '"'))  # type: ignore[no-any-return]


def figures() -> list[Row]:
    """P5."""
    heavy = heavy_imports()
    bare, full = [], []
    for _ in range(RUNS):
        bare.append(seconds_to_output(NOTHING) * 1000)
        full.append(seconds_to_output(TRIAGE) * 1000)
    above = median(full) - median(bare)
    imports = " and ".join(heavy) or "neither Django nor numpy"
    return [
        Row(
            figure="P5 start of `afterthread triage` to its first output",
            target="<= 150 ms above `python -c pass`",
            measured=f"{above:.0f} ms above",
            peer=f"python -c pass {median(bare):.0f} ms",
            met=above <= LIMIT_MS and not heavy,
            note=f"{median(full):.0f} ms in all, median of {RUNS}; imports {imports}",
        )
    ]


if __name__ == "__main__":
    print(figures())
