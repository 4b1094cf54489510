"""What the graph states about one entity: its own statements, then some of those that refer to it, and how many there are.

Thousands of results may refer to an endpoint. Of each property, only the first statements are read; the others are counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rdflib import URIRef

from kg.ask.catalogue import Question, catalogue
from kg.ask.results import Result, Table, Term

# how many statements with one property the queries of this module read
FIRST = 100


@dataclass(frozen=True)
class Description(Table):
    """The statements about an entity, and those that refer to it; ``left_out`` counts the latter that are not in the rows.

    The counts are by property. The question ``about`` contains all statements.
    """

    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def remark(self) -> str:
        """How many statements are left out, by property; empty where none is."""
        counts = ", ".join(f"{number} of the property '{name}'" for name, number in self.left_out.items())
        return f"not shown: more statements that refer to this entity, {counts}" if counts else ""


def describe(query: Callable[[str], Result], entity: URIRef) -> Description:
    """The statements about an entity, then at most 100 of each property that refer to it."""
    shelf = catalogue("describe")
    own = _table(query, shelf["own"].bind({"entity": entity}))
    found, left_out = referring(query, entity, shelf["incoming"], "entity")
    return Description(own.columns, own.rows + found.rows, left_out=left_out)


def referring(query: Callable[[str], Result], entity: URIRef, asked: Question, parameter: str) -> tuple[Table, Mapping[str, int]]:
    """The answers to a query of the statements that refer to an entity, property by property, and how many are left out of each.

    ``parameter`` is the name of the parameter of the query for the entity; its parameter ``relation`` is the property.
    """
    columns: tuple[str, ...] = ()
    rows: list[tuple[Term, ...]] = []
    left_out: dict[str, int] = {}
    for relation, name, number in _table(query, catalogue("describe")["counts"].bind({"entity": entity})).rows:
        assert relation is not None
        some = _table(query, asked.bind({parameter: entity, "relation": relation}))
        columns = some.columns
        rows += some.rows
        if len(some) >= FIRST:  # fewer are all that are not statements of blank nodes
            left_out[str(name)] = left_out.get(str(name), 0) + int(str(number)) - len(some)
    return Table(columns, tuple(rows)), {name: number for name, number in left_out.items() if number > 0}


def _table(query: Callable[[str], Result], sparql: str) -> Table:
    found = query(sparql)
    assert isinstance(found, Table)
    return found
