"""Links to other vocabularies: the SSSOM tables in ``ontology/mappings/`` as triples.

Each mapping links an entity to the IRI of the identifier in its registry and, where SPARQL endpoints of the target use another
IRI (``endpoints.tsv``), also to that IRI, so that federated queries can join. Both IRIs have the identifier as ``skos:notation``
and the label that the mapping was checked against.

Specification: Matentzoglu et al., A Simple Standard for Sharing Ontological Mappings (SSSOM). Database 2022, baac035.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml
from rdflib import RDFS, SKOS, Graph, Literal, URIRef

from kg.errors import InputError, Place, Problem, raise_for
from kg.files import read_text

_REQUIRED = ("subject_id", "subject_label", "predicate_id", "object_id", "mapping_justification")
_ENDPOINTS = "endpoints.tsv"


def read_mappings(folder: Path, labels: Mapping[URIRef, str]) -> Graph:
    """The triples of every SSSOM table in a folder.

    ``labels`` are the labels of the entities that may be mapped; each must be equal to the label in the mapping. Mappings of
    studies that are not in the facts are ignored, because other facts may have other studies.

    Raises :class:`~kg.errors.InputError` with file and row of every missing column, unknown prefix, unknown entity, changed label
    and repeated mapping.
    """
    graph = Graph()
    problems: list[Problem] = []
    others = _other_iris(folder / _ENDPOINTS)
    for path in sorted(folder.glob("*.sssom.tsv")):
        for place, row, prefixes in _rows(path, problems):
            _add(graph, row, prefixes, others, labels, place, problems)
    raise_for(problems, InputError)
    return graph


def _add(
    graph: Graph,
    row: Mapping[str, str],
    prefixes: Mapping[str, str],
    others: Mapping[str, list[str]],
    labels: Mapping[URIRef, str],
    place: Place,
    problems: list[Problem],
) -> None:
    known = dict.fromkeys(("subject_id", "predicate_id", "object_id"), URIRef(""))
    for column in known:
        prefix, _, local = row[column].partition(":")
        if prefix not in prefixes:
            where = Place(place.file, place.row, column)
            problems.append(Problem(where, f"the prefix of '{row[column]}' is not in curie_map", "add it to curie_map"))
            return
        known[column] = URIRef(prefixes[prefix] + local)
    subject, predicate, target = known.values()
    if subject not in labels and row["subject_id"].startswith("trial:"):
        return
    if labels.get(subject) != row["subject_label"]:
        what = f"is labelled '{labels[subject]}', not '{row['subject_label']}'" if subject in labels else "is not in the graph"
        cure = "check whether the mapping is still correct, then correct it"
        problems.append(Problem(Place(place.file, place.row, "subject_id"), f"{row['subject_id']} {what}", cure))
    if (subject, None, target) in graph:
        problems.append(Problem(place, f"{row['subject_id']} is already mapped to {row['object_id']}", "keep one of the two"))
    prefix, _, local = row["object_id"].partition(":")
    for iri in dict.fromkeys([target, *(URIRef(start + local) for start in others.get(prefix, ()))]):
        graph.add((subject, predicate, iri))
        graph.add((iri, SKOS.notation, Literal(row["object_id"])))
        if row.get("object_label"):
            graph.add((iri, RDFS.label, Literal(row["object_label"])))


def _rows(path: Path, problems: list[Problem]) -> Iterator[tuple[Place, dict[str, str], dict[str, str]]]:
    file = f"{path.parent.name}/{path.name}"
    try:
        lines = read_text(path).splitlines()
        header = yaml.safe_load("\n".join(line[1:] for line in lines if line.startswith("#"))) or {}
        prefixes = {str(name): str(iri) for name, iri in header["curie_map"].items()}
    except (InputError, yaml.YAMLError, KeyError, AttributeError, TypeError) as error:
        problems.append(
            Problem(Place(file), f"the header does not parse: {error}", "begin with '#curie_map:' in YAML, as SSSOM requires")
        )
        return
    start = sum(line.startswith("#") for line in lines)
    table = csv.DictReader(lines[start:], delimiter="\t", quoting=csv.QUOTE_NONE)
    missing = [column for column in _REQUIRED if column not in (table.fieldnames or ())]
    if missing:
        problems.append(Problem(Place(file, start + 1), f"has no column {', '.join(missing)}", "add it"))
        return
    for number, row in enumerate(table, start + 2):
        empty = [column for column in _REQUIRED if not row[column]]
        if empty:
            problems.append(Problem(Place(file, number, empty[0]), "the cell is empty", "fill it, or remove the mapping"))
        else:
            yield Place(file, number), row, prefixes


def _other_iris(path: Path) -> dict[str, list[str]]:
    """For each prefix, the first parts of the IRIs at SPARQL endpoints of the target."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            starts = found.setdefault(row["prefix"], [])
            if row["iri_prefix"] not in starts:
                starts.append(row["iri_prefix"])
    return found
