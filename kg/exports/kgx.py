"""Nodes and edges in the Biolink model, as the two tables of KGX.

Specifications: Biolink Model 4.4 (Unni et al., Clinical and Translational Science 2022); KGX format.
"""

from __future__ import annotations

from rdflib import Literal, URIRef

from kg.ask.catalogue import catalogue
from kg.ask.results import Table, Term, short, to_tsv
from kg.graph import KnowledgeGraph

_SOURCE = "infores:mcrc-kg"


def tables(graph: KnowledgeGraph) -> dict[str, str]:
    """``nodes.tsv`` and ``edges.tsv``; a cell is empty where its column does not apply."""
    return {"nodes.tsv": to_tsv(nodes(graph)), "edges.tsv": to_tsv(edges(graph))}


def nodes(graph: KnowledgeGraph) -> Table:
    """Drugs, targets, pathways, regimens, studies, populations, endpoints and adverse events."""
    found = _asked(graph, "kgx-nodes")
    rows = tuple((*map(_name, row[:-1]), _identifiers(row[-1]), Literal(_SOURCE)) for row in found.rows)
    return Table(("id", "category", "name", "description", "xref", "provided_by"), rows)


def edges(graph: KnowledgeGraph) -> Table:
    """Drug actions, pathways, regimens and trials, and every comparison with its effect, P value and place."""
    found = _asked(graph, "kgx-edges")
    rows = []
    for number, row in enumerate(found.rows, 1):
        rest = (Literal(_SOURCE), Literal("manual_agent"))
        rows.append((Literal(f"mcrc-kg:edge-{number}"), *map(_name, row), *rest))
    return Table(("id", *found.columns, "primary_knowledge_source", "agent_type"), tuple(rows))


def _asked(graph: KnowledgeGraph, name: str) -> Table:
    answer = graph.answer(catalogue("export")[name].sparql)
    assert isinstance(answer, Table)
    return answer


def _name(term: Term) -> Term:
    return Literal(short(term)) if isinstance(term, URIRef) else term


def _identifiers(term: Term) -> Term:
    return Literal("|".join(sorted(one for one in str(term).split("|") if one)))
