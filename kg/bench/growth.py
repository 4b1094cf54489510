"""Measured times at several sizes, all engines and sizes in turn, and how they grow with the graph."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kg.bench.cases import Case
from kg.bench.workers import OURS, Answered, Worker

# a case that takes longer is measured once
_LONG = 1.0


@dataclass
class Times:
    """The seconds of one case with one engine at one size; over the limit, or with an error, there are none."""

    seconds: list[float] = field(default_factory=list)
    rows: int = 0
    error: str = ""
    over: bool = False

    @property
    def ended(self) -> bool:
        """Whether another run may be made."""
        return self.over or bool(self.error) or (bool(self.seconds) and self.seconds[0] > _LONG)

    @property
    def median(self) -> float | None:
        """The median, None where there is no time."""
        return statistics.median(self.seconds) if self.seconds else None

    @property
    def least(self) -> float | None:
        """The shortest time, None where there is none: other programs on the machine make a run longer, never shorter."""
        return min(self.seconds, default=None)

    def add(self, answered: Answered | None, warm: bool) -> None:
        """Take in a run; one that warms up does not count, because it also reads what is kept for later runs."""
        if answered is None:
            self.over = True
        elif answered.error:
            self.error = answered.error
        else:
            self.rows = answered.rows
            if warm:
                self.seconds.append(answered.seconds)


Measured = Mapping[tuple[str, int], Times]


def measure(
    cases: Iterable[Case],
    workers: Mapping[tuple[str, int], Worker],
    runs: int,
    progress: Callable[[str], None] = lambda _: None,
) -> Iterable[tuple[Case, Measured]]:
    """Each case with its times, by engine and size; engines and sizes answer in turn, after one run of each to warm up."""
    for case in cases:
        progress(case.id)
        times = {key: Times() for key in workers if key[0] == OURS or case.is_question}
        for run in range(runs + 1):
            for key, found in times.items():
                if not found.ended:
                    found.add(workers[key].answer(case), warm=run > 0)
        yield case, times


def exponent(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The exponent of growth between two sizes: 0 when the time stays the same, 1 when it grows as the graph.

    >>> round(exponent((100_000, 400_000), (0.001, 0.004)), 2)
    1.0
    """
    return math.log(seconds[1] / seconds[0]) / math.log(sizes[1] / sizes[0])
