"""Inference with CONSTRUCT rules, which run until they add no new triple.

The rules in ``queries/rules/`` read the axioms of the ontology (subclasses, subproperties, property chains, defined classes), so
a new axiom needs no new rule, and facts that a user adds are classified without a reasoner.
"""

from __future__ import annotations

from collections.abc import Mapping

from rdflib import Graph, URIRef

from kg.engine.store import Embedded, embed
from kg.errors import DataError
from kg.namespaces import INFERRED_GRAPH
from kg.resources import folder

_ROUNDS = 20
# the header of a rule whose conclusions are not used by other rules
_LAST = "#+ last: true"


def rules() -> dict[str, str]:
    """The rules by name, each a CONSTRUCT query."""
    return {path.stem: path.read_text(encoding="utf-8") for path in sorted((folder("queries") / "rules").glob("*.rq"))}


def infer(graphs: Mapping[URIRef, Graph]) -> Graph:
    """The triples that the rules add to these graphs."""
    engine = embed(graphs)
    conclude(engine)
    return engine.graph(INFERRED_GRAPH)


def conclude(data: Embedded) -> None:
    """Add what follows from the data by the rules to their graph of inferences.

    Raises :class:`~kg.errors.DataError` when there is no end to it.
    """
    last = [text for text in rules().values() if _LAST in text.splitlines()]
    again = [text for text in rules().values() if text not in last]
    for _ in range(_ROUNDS):
        if not sum(data.derive(INFERRED_GRAPH, text) for text in again):
            for text in last:
                data.derive(INFERRED_GRAPH, text)
            return
    raise DataError(f"the rules still add triples after {_ROUNDS} rounds; one of them creates new terms without end")
