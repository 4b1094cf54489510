"""Entities and their relations as a network for Cytoscape and Gephi.

Specification: GraphML, Brandes et al., Graph Drawing 2001.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kg.ask.catalogue import catalogue
from kg.ask.results import Table
from kg.graph import KnowledgeGraph
from kg.namespaces import contract

if TYPE_CHECKING:
    import networkx as nx  # slow to load, and a server that only lists the formats does not need it


def network(graph: KnowledgeGraph) -> nx.MultiDiGraph:
    """Drugs, targets, pathways, regimens, arms, studies, populations and loci; each edge has its relation."""
    import networkx as nx

    answer = graph.answer(catalogue("export")["relations"].sparql)
    assert isinstance(answer, Table)
    found = nx.MultiDiGraph()
    for row in answer:
        for end in ("from", "to"):
            found.add_node(contract(row[end]) or row[end], label=row[f"{end}_label"], kind=row[f"{end}_kind"], iri=row[end])
        ends = (contract(row[end]) or row[end] for end in ("from", "to"))
        found.add_edge(*ends, key=row["relation"], relation=row["relation"])
    return found


def graphml(graph: KnowledgeGraph) -> dict[str, str]:
    """The network as GraphML."""
    from networkx import generate_graphml

    return {"mcrc-kg.graphml": "\n".join(generate_graphml(network(graph), named_key_ids=True)) + "\n"}
