"""Links to other vocabularies: the SSSOM tables in ``ontology/mappings/`` as triples.

Each mapping links an entity to an identifier twice: by the IRI of the identifier's registry, and by the IRI that SPARQL
endpoints of the target use where that is another one (``endpoints.tsv``), so that a federated query joins. Both IRIs carry the
identifier as ``skos:notation`` and the label that the mapping was checked against.

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

    ``labels`` are the labels of the entities that may be mapped; a mapping is held to the label it was made for. Studies come
    from the facts, and other facts have other studies: a study that is not there is passed over.

    Raises :class:`~kg.errors.InputError` listing every missing column, unknown prefix, unknown entity, changed label and repeated
    mapping with file and row.
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
            problems.append(Problem(where, f"'{row[column]}' has a prefix that curie_map does not hold", "add it there"))
            return
        known[column] = URIRef(prefixes[prefix] + local)
    subject, predicate, target = known.values()
    if subject not in labels and row["subject_id"].startswith("trial:"):
        return
    if labels.get(subject) != row["subject_label"]:
        told = f"is labelled '{labels[subject]}', not '{row['subject_label']}'" if subject in labels else "is not in the graph"
        cure = "look whether the mapping still holds, then mend it"
        problems.append(Problem(Place(place.file, place.row, "subject_id"), f"{row['subject_id']} {told}", cure))
    if (subject, None, target) in graph:
        problems.append(Problem(place, f"{row['subject_id']} is mapped to {row['object_id']} already", "keep one of the two"))
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
            Problem(Place(file), f"its header does not parse: {error}", "begin with '#curie_map:' in YAML, as SSSOM does")
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
            problems.append(Problem(Place(file, number, empty[0]), "the cell is empty", "fill it, or take the mapping out"))
        else:
            yield Place(file, number), row, prefixes


def _other_iris(path: Path) -> dict[str, list[str]]:
    """For each prefix, how IRIs begin at SPARQL endpoints of the target."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            starts = found.setdefault(row["prefix"], [])
            if row["iri_prefix"] not in starts:
                starts.append(row["iri_prefix"])
    return found
