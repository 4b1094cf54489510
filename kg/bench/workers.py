"""Processes that answer one case after the other, each with one engine and one graph; one that takes too long is ended."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from kg.bench.cases import Case
from kg.errors import KgError, OutsideError

OURS, BARE, RDFLIB = "mcrc-kg", "pyoxigraph", "rdflib"
_OPENING = 600.0  # seconds to open a graph; rdflib reads a file


class Answered(NamedTuple):
    """How many seconds an answer took, and how many rows it has; or what went wrong.

    An answer of a worker is measured in processor time, which other programs on the machine affect less than elapsed time.
    """

    seconds: float
    rows: int
    error: str = ""


class Worker:
    """A process with an engine and a graph. It starts with the first case, and again after a case that took too long."""

    def __init__(self, engine: str, place: Path, limit: float) -> None:
        self._engine, self._place, self._limit = engine, place, limit
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None

    def answer(self, case: Case) -> Answered | None:
        """The answer to a case; None when it takes longer than the limit.

        Raises :class:`~kg.errors.OutsideError` when the process ends.
        """
        line = self._line or self._start()
        line.send(case)
        try:
            if line.poll(self._limit):
                answered: Answered = line.recv()
                return answered
        except (EOFError, ConnectionError) as error:
            raise OutsideError(f"{self._engine}: its process ended during '{case.id}'") from error
        self.close()
        return None

    def close(self) -> None:
        """End the process."""
        if self._process is not None and self._line is not None:
            self._process.kill()
            self._process.join()
            self._line.close()
        self._process = self._line = None

    def _start(self) -> Connection:
        context = multiprocessing.get_context("spawn")
        self._line, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._engine, self._place, theirs), daemon=True)
        self._process.start()
        theirs.close()
        if not self._line.poll(_OPENING) or not self._line.recv():
            raise OutsideError(f"{self._engine}: the graph is not open after {_OPENING:g} seconds")
        return self._line


def _serve(engine: str, place: Path, line: Connection) -> None:
    rows = _OPENED[engine](place)
    line.send(True)
    while True:
        try:
            case = line.recv()
        except EOFError:
            return
        start = time.process_time()
        try:
            found = rows(case)
            line.send(Answered(time.process_time() - start, found))
        except KgError as error:
            line.send(Answered(time.process_time() - start, 0, str(error)))


def _ours(place: Path) -> Callable[[Case], int]:
    from kg.graph import open_graph

    graph = open_graph(place)
    return lambda case: case.rows(graph)


def _bare(place: Path) -> Callable[[Case], int]:
    from kg.engine.bare import Bare
    from kg.engine.disk_store import info_of

    bare = Bare(place / info_of(place).version)
    return lambda case: bare.rows(case.sparql)


def _rdflib(place: Path) -> Callable[[Case], int]:
    from rdflib import Dataset

    data = Dataset(default_union=True)
    data.parse(place, format="nquads")
    return lambda case: len(data.query(case.sparql))


_OPENED: dict[str, Callable[[Path], Callable[[Case], int]]] = {OURS: _ours, BARE: _bare, RDFLIB: _rdflib}
