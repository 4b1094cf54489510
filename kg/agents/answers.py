"""Tool results for the context of a model: limited rows and characters, how to get the rest, and what to cite.

The text is for the model: tab-separated rows, the form that needed the fewest tokens (docs/decisions/010-agents.md). The
structured content is for the client program.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from mcp.types import CallToolResult, TextContent
from pydantic import BaseModel, Field
from rdflib import Graph, Literal, URIRef

from kg.ask.catalogue import catalogue
from kg.ask.paging import Page
from kg.ask.results import Result, Table, Term, number, short
from kg.namespaces import PREFIXES
from kg.turtle import to_turtle

_NOTHING = "-"
_FEW = 6  # rows that are listed one by one
_SHORTER = (1, 2, 4, 8, 16)  # divisors of the length of cells, until a page fits
_WITH_REMARKS = ("passage", "result", "count", "claim", "statement", "trial", "population", "arm", "drug", "regimen", "part")
_PASSAGE = PREFIXES["passage"] + "{X}"
_CITE = f"passage:X is {PREFIXES['passage']}X"


@dataclass(frozen=True)
class Caps:
    """The size limits of an answer."""

    rows: int = 25  # rows of a page: as many in each answer of each tool, so that the next page begins where one expects it
    characters: int = 12_000  # of a table or a graph as text, about 4,500 tokens; longer tables have shorter cells
    cell: int = 500  # characters of one cell
    remarks: int = 8  # remarks on the facts of a page


class Answer(BaseModel):
    """A table for the client program; IRIs are prefixed names; null means that the graph has no value there."""

    title: str
    columns: list[str]
    rows: list[list[str | int | float | bool | None]]
    total: int = Field(description="number of rows of the whole answer")
    skipped: int = Field(default=0, description="number of rows skipped before the first row")
    truncated: bool = Field(default=False, description="whether the answer has more rows after these")
    next_skip: int | None = Field(default=None, description="the skip of the next page; null on the last page")
    notes: list[str] = Field(default_factory=list, description="cautions, remarks on rows, and how to narrow the answer")
    citations: dict[str, str] = Field(default_factory=dict, description="each passage:X in these rows, with its place in words")
    passage_iri: str = Field(default=_PASSAGE, description="the IRI of passage:X; replace {X}")


@dataclass(frozen=True)
class Notes:
    """The texts around a table: a heading, cautions, and how to narrow the answer or get the rest.

    ``empty`` says what it means where the table has no rows.
    """

    heading: str
    narrow: str
    notes: Sequence[str] = field(default_factory=tuple)
    skip: int = 0
    empty: Sequence[str] = ()


def answer(table: Table, told: Notes, caps: Caps, query: Callable[[str], Result]) -> CallToolResult:
    """A table as a tool result; ``query`` finds the places of its rows in the graph."""
    page = Page(caps.rows, told.skip)
    rows, total = page.of(table).rows, len(table)
    following = page.next(total)
    cell = next(
        (caps.cell // by for by in _SHORTER if len(_lines(table, rows, caps.cell // by)) <= caps.characters), caps.cell // 16
    )
    counted = f"{total} row{'' if total == 1 else 's'}" if page.is_whole(total) else page.told(total)
    notes = list(told.notes)
    if following is not None:
        last = following.skip
        notes.insert(0, f"TRUNCATED after row {last} of {total}: {told.narrow}; next page: skip={last}")
    if not total:
        notes.insert(0, f"No rows: {'; '.join(told.empty) or 'this does not mean that the documents are silent'}")
    notes += remarks(rows, told.skip, caps, query)
    cited = citations(rows, query)
    content = Answer(
        title=told.heading,
        columns=list(table.columns),
        rows=[[_plain(term, caps.cell) for term in row] for row in rows],
        total=total,
        skipped=told.skip,
        truncated=following is not None,
        next_skip=None if following is None else following.skip,
        notes=notes,
        citations=cited,
    )
    parts = [f"{told.heading} ({counted})", _lines(table, rows, cell), *notes, _places(rows, cited)]
    return result("\n".join(filter(None, parts)), content)


def remarks(rows: Sequence[Sequence[Term]], skip: int, caps: Caps, query: Callable[[str], Result]) -> list[str]:
    """What limits the facts in these rows, each with the numbers of its rows: curators' remarks, captions and notes of tables."""
    roots = tuple(PREFIXES[name] for name in _WITH_REMARKS)
    at: dict[URIRef, list[int]] = {}
    for line, row in enumerate(rows, skip + 1):
        for term in row:
            if isinstance(term, URIRef) and str(term).startswith(roots):
                at.setdefault(term, []).append(line)
    if not at:
        return []
    found = query(catalogue("agents")["remarks"].bind({"thing": sorted(at)}))
    assert isinstance(found, Table)
    told: dict[str, set[int]] = {}
    for thing, about, remark, _ in found.rows:
        text = f"{about}: {remark}" if about is not None else str(remark)
        told.setdefault(text[: caps.cell], set()).update(at.get(URIRef(str(thing)), ()))
    ordered = sorted(told.items(), key=lambda one: min(one[1], default=0))
    shown = [f"Remark on {_numbered(numbers)}: {text}" for text, numbers in ordered[: caps.remarks]]
    rest = len(ordered) - len(shown)
    return [*shown, f"{rest} more remarks: describe the entity, or ask remarks"] if rest else shown


def _numbered(numbers: Collection[int]) -> str:
    """The numbers of rows in words: "row 3", "rows 1, 2, 5", "12 rows from 1 to 20"."""
    ordered = sorted(numbers)
    if len(ordered) > _FEW:
        return f"{len(ordered)} rows from {ordered[0]} to {ordered[-1]}"
    return f"row{'' if len(ordered) == 1 else 's'} {', '.join(map(str, ordered))}"


def result(text: str, content: BaseModel | None = None) -> CallToolResult:
    """A text and optional structured content as a tool result."""
    structured = None if content is None else content.model_dump(mode="json")
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=structured)


def citations(rows: Iterable[Sequence[Term]], query: Callable[[str], Result]) -> dict[str, str]:
    """The passages of these rows, and of the results, claims and statements in them, each with its place in words."""
    roots = [PREFIXES[name] for name in ("passage", "result", "count", "claim", "statement")]
    things = {term for row in rows for term in row if isinstance(term, URIRef) and str(term).startswith(tuple(roots))}
    if not things:
        return {}
    found = query(catalogue("agents")["places"].bind({"thing": sorted(things)}))
    assert isinstance(found, Table)
    return {short(URIRef(row["passage_iri"])): row["place"] for row in found}


def graph_answer(graph: Graph, narrow: str, caps: Caps, hints: Sequence[str] = ()) -> CallToolResult:
    """A graph as a tool result: Turtle, cut at a blank line if it exceeds the limit; then the hints on its query."""
    body = "\n".join(line for line in to_turtle(graph).splitlines() if not line.startswith("@prefix ")).strip()
    kept, notes = body, list(hints)
    if len(body) > caps.characters:
        kept = body[: caps.characters]
        kept = kept[: kept.rfind("\n\n") if "\n\n" in kept else kept.rfind("\n") + 1]
        notes.append(f"TRUNCATED after {len(kept)} of {len(body)} characters: {narrow}")
    content = Answer(
        title=f"Turtle, {len(graph)} triples; prefixes as in schema",
        columns=["turtle"],
        rows=[[kept]],
        total=1,
        truncated=kept != body,
        notes=notes,
    )
    return result("\n".join([content.title, kept, *notes]), content)


def _lines(table: Table, rows: Sequence[Sequence[Term]], cell: int) -> str:
    """The header and the rows, without the columns that are empty in all rows."""
    used = [i for i in range(len(table.columns)) if any(short(row[i]) for row in rows)]
    if not used:
        return ""
    empty = [name for i, name in enumerate(table.columns) if i not in used]
    lines = ["\t".join(table.columns[i] for i in used)]
    lines += ["\t".join(_text(row[i], cell) or _NOTHING for i in used) for row in rows]
    return "\n".join([*lines, *([f"(empty in every row: {', '.join(empty)})"] if empty else [])])


def _places(rows: Iterable[Sequence[Term]], cited: Mapping[str, str]) -> str:
    """The citation note: the passages with their places, except places that the rows already contain."""
    if not cited:
        return ""
    told = {str(term) for row in rows for term in row if isinstance(term, Literal)}
    rest = {name: place for name, place in cited.items() if not any(text.startswith(place) for text in told)}
    listed = "; ".join(f"{name.removeprefix('passage:')} {place}" for name, place in rest.items())
    return f"Cite the passage with its place; {_CITE}" + (f". Places: {listed}" if rest else "")


def _text(term: Term, cell: int) -> str:
    text = " ".join(short(term).split())
    return text if len(text) <= cell or isinstance(term, URIRef) else text[:cell] + "…"


def _plain(term: Term, cell: int) -> Any:
    value = number(term)
    if value is not None and math.isfinite(value):
        return value
    return None if term is None else _text(term, cell)
