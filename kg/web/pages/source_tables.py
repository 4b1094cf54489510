"""The pages of the printed tables, cell by cell with links to the passages, and of the discrepancies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rdflib import Literal
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.errors import NotFoundError
from kg.web.http.addresses import root
from kg.web.pages.caches import Caches, caches_of
from kg.web.pages.figures import words
from kg.web.pages.links import address
from kg.web.pages.result_table import Cell, Names, names_of
from kg.web.pages.templating import page

FIGURES = {"n": "n", "orr": "ORR", "pfs": "PFS", "os": "OS"}


@dataclass(frozen=True)
class Row:
    """One row of a printed table: its section, trial, kind, regimen, and figures with links to their passages."""

    section: str
    trial: Cell
    kind: str
    regimen: str
    figures: Sequence[Cell]
    again: bool


@dataclass(frozen=True)
class SourceTable:
    """One printed table: its number, sections and rows."""

    number: str
    sections: Sequence[str]
    rows: Sequence[Row]

    @property
    def trials(self) -> Sequence[str]:
        """The trials in the table, in order."""
        return [*dict.fromkeys(row.trial.text for row in self.rows)]

    @property
    def effects(self) -> bool:
        """Whether the table has rows that compare arms."""
        return any(row.kind == "effect" for row in self.rows)


async def tables(request: Request) -> Response:
    """The page of the tables of the source, with the numbers of their rows and figures."""
    caches, service = caches_of(request), request.app.state.service
    words(request, frozenset())
    found = await service.run(_asked, caches, "tables")
    return page(request, "tables.html", tables=found, printed=[await _printed(request, _number(row)) for row in found])


async def one_table(request: Request) -> Response:
    """The page of one table of the source, with each figure linked to its passage."""
    caches, service = caches_of(request), request.app.state.service
    words(request, frozenset())
    remarks = {_number(row): row["remark"] for row in await service.run(_asked, caches, "tables")}
    number = request.path_params["number"]
    if number not in remarks:
        raise NotFoundError(f"the documents have no table '{number}'; the tables are {', '.join(remarks)}")
    made = await _printed(request, number)
    return page(request, "table.html", printed=made, numbers=list(remarks), remark=remarks[number])


async def _printed(request: Request, number: str) -> SourceTable:
    caches, service = caches_of(request), request.app.state.service
    made: SourceTable = await service.run(printed, caches, await names_of(request), number, root(request))
    return made


def printed(caches: Caches, names: Names, number: str, at: str) -> SourceTable:
    """A table as printed, from the query for its rows and the query for the passages of its cells."""
    asked = list(caches.graph.ask("review-table", table=number))
    places = _places(caches, number)
    if len(places) != len(asked):  # rows share a number, so a passage cannot be assigned to one row
        places = [{} for _ in asked]
    rows: list[Row] = []
    previous = None
    for order, row in enumerate(asked):
        kind = str(row["row_kind"])
        cells = [_figure(row[name] or "", places[order].get(column), at) for name, column in FIGURES.items()]
        name = str(row["trial"])
        study = names.entity("trial", name)
        trial = Cell(name, address(study, at) if study else None)
        rows.append(Row(row["section"] or "", trial, kind, row["regimen"], cells, previous == name))
        previous = name
    return SourceTable(number, [*dict.fromkeys(row.section for row in rows)], rows)


def _figure(text: str, passage: str | None, at: str) -> Cell:
    return Cell(text, address(passage, at) if passage else None)


def _places(caches: Caches, number: str) -> list[Mapping[str, str]]:
    """The passage of each column, for each row in order."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for row in _asked(caches, "table-cells", table=Literal(int(number))):
        found[row["number"]][row["column"]] = row["passage_iri"]
    return [found[number] for number in sorted(found, key=lambda number: (isinstance(number, str), number))]


def _asked(caches: Caches, name: str, **values: Any) -> list[dict[str, Any]]:
    found = caches.graph.answer(catalogue("pages")[name].bind(values))
    assert isinstance(found, Table)
    return found.to_dicts()


def _number(row: Mapping[str, Any]) -> str:
    return str(row["table"]).rpartition(" ")[2]


async def discrepancies(request: Request) -> Response:
    """The page of the discrepancies in the source, by kind, with both values and both places."""
    caches, service = caches_of(request), request.app.state.service
    words(request, frozenset())
    found = await service.run(_asked, caches, "discrepancies")
    at = root(request)
    for row in found:
        for name in ("study_iri", "passage_a", "passage_b", "discrepancy_iri"):
            row[name] = address(row[name], at)
    kinds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in found:
        kinds[row["kind"]].append(row)
    return page(request, "discrepancies.html", kinds=dict(sorted(kinds.items())), count=len(found))


routes = [
    Route("/tables", tables),
    Route("/tables/{number}", one_table),
    Route("/discrepancies", discrepancies),
]
