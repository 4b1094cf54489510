"""How long the program takes to start, as ratios to bare Python and to the two packages that it is built on.

Run it with the Python of an environment where the wheel is installed, whose byte code is compiled, from another folder::

    python /path/to/benchmarks/startup.py [RUNS]

The commands are run in turn, and of each the median counts: time by the clock, and of the processor, which other programs on
the machine disturb less. Exit status 1 when a ratio by the processor is above its target.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = str(Path(sys.executable).with_name("mcrc-kg"))
BARE = (sys.executable, "-c", "pass")
BASE = (sys.executable, "-c", "import pyoxigraph, rdflib")
ASK = (PROGRAM, "ask", "hazard-ratios", "--drug", "cetuximab", "--format", "csv")
# the command, what it is compared with, and how many times as long it may take
TASKS = {
    "mcrc-kg --help": ((PROGRAM, "--help"), BARE, 3.0),
    "import kg": ((sys.executable, "-c", "import kg"), BARE, 1.5),
    "import kg; kg.open()": ((sys.executable, "-c", "import kg; kg.open()"), BASE, 2.0),
    "mcrc-kg ask hazard-ratios": (ASK, BASE, 2.0),
}


def main() -> int:
    """Print the table; the exit status."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    surroundings = {name: value for name, value in os.environ.items() if name not in ("PYTHONDONTWRITEBYTECODE", "COLUMNS")}
    commands = dict.fromkeys([BARE, BASE, *(command for command, _, _ in TASKS.values())])
    taken: dict[tuple[str, ...], list[tuple[float, float]]] = {command: [] for command in commands}
    for run in range(runs + 1):  # the first fills the caches
        for command in commands:
            seconds = _seconds(command, surroundings)
            if run:
                taken[command].append(seconds)
    clock = {command: statistics.median(wall for wall, _ in found) for command, found in taken.items()}
    processor = {command: statistics.median(cpu for _, cpu in found) for command, found in taken.items()}
    print("task,clock_ms,processor_ms,clock_ratio,processor_ratio,target")
    print(f"python -c pass,{clock[BARE] * 1000:.1f},{processor[BARE] * 1000:.1f},,,")
    print(f"import pyoxigraph and rdflib,{clock[BASE] * 1000:.1f},{processor[BASE] * 1000:.1f},,,")
    failed = False
    for name, (command, beside, most) in TASKS.items():
        by_clock, by_processor = clock[command] / clock[beside], processor[command] / processor[beside]
        failed |= by_processor > most
        print(f"{name},{clock[command] * 1000:.1f},{processor[command] * 1000:.1f},{by_clock:.2f},{by_processor:.2f},{most}")
    return int(failed)


def _seconds(command: tuple[str, ...], surroundings: dict[str, str]) -> tuple[float, float]:
    """Seconds by the clock and of the processor."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)}: exit status {process.returncode}")
    return wall, usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    sys.exit(main())
