"""Links to other vocabularies: the SSSOM tables in ``ontology/mappings/`` as triples.

Each mapping links an entity to the IRI of the identifier in the prefix map of its table, and to the other IRIs in use for it
(``iris.tsv``): the web page, and those of SPARQL endpoints, so that federated queries can join. All of them have the identifier
as ``skos:notation`` and the label that the mapping was checked against.

The libraries for SSSOM accept any predicate, so the predicates are checked here.
Specification: Matentzoglu et al., A Simple Standard for Sharing Ontological Mappings (SSSOM). Database 2022, baac035.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml
from rdflib import DCTERMS, RDFS, SKOS, Graph, Literal, URIRef

from kg.errors import InputError, Place, Problem, raise_for
from kg.files import read_text

_REQUIRED = (
    "subject_id",
    "subject_label",
    "predicate_id",
    "object_id",
    "object_label",
    "mapping_justification",
    "mapping_date",
    "comment",
)
_CURIES = ("subject_id", "predicate_id", "object_id", "mapping_justification")
_IRIS = "iris.tsv"
PREDICATES = (
    SKOS.exactMatch,
    SKOS.closeMatch,
    SKOS.broadMatch,
    SKOS.narrowMatch,
    SKOS.relatedMatch,
    DCTERMS.isReferencedBy,
)


def read_mappings(folder: Path, labels: Mapping[URIRef, str]) -> Graph:
    """The triples of every SSSOM table in a folder.

    ``labels`` are the labels of the entities that may be mapped; each must be equal to the label in the mapping. Mappings of
    studies that are not in the facts are ignored, because other facts may have other studies.

    Raises :class:`~kg.errors.InputError` with file, row and column of every missing column, empty cell, unknown prefix, unknown
    predicate, unknown entity, changed label, impossible date and repeated mapping.
    """
    tables = _Tables(labels, _other_iris(folder / _IRIS))
    for path in sorted(folder.glob("*.sssom.tsv")):
        for place, row, prefixes in _rows(path, tables.problems):
            tables.add(place, row, prefixes)
    raise_for(tables.problems, InputError)
    return tables.graph


@dataclass
class _Tables:
    """What has been read so far: the triples, the problems, and where each identifier had which label."""

    labels: Mapping[URIRef, str]
    others: Mapping[str, list[str]]
    graph: Graph = field(default_factory=Graph)
    problems: list[Problem] = field(default_factory=list)
    _seen: dict[str, tuple[str, Place]] = field(default_factory=dict)

    def add(self, place: Place, row: Mapping[str, str], prefixes: Mapping[str, str]) -> None:
        """Add the triples of a row, or its problems."""
        found = {column: self._expanded(place, row, column, prefixes) for column in _CURIES}
        subject, predicate, target = (found[column] for column in _CURIES[:3])
        if None in found.values() or subject is None or predicate is None or target is None:
            return
        if subject not in self.labels and row["subject_id"].startswith("trial:"):
            return
        self._check_words(place, row, subject, predicate)
        if (subject, None, target) in self.graph:
            what = f"{row['subject_id']} is already mapped to {row['object_id']}"
            self._problem(place, "object_id", what, "keep one of the two")
        prefix, _, local = row["object_id"].partition(":")
        for iri in dict.fromkeys([target, *(URIRef(start + local) for start in self.others.get(prefix, ()))]):
            self.graph.add((subject, predicate, iri))
            self.graph.add((iri, SKOS.notation, Literal(row["object_id"])))
            self.graph.add((iri, RDFS.label, Literal(row["object_label"])))

    def _expanded(self, place: Place, row: Mapping[str, str], column: str, prefixes: Mapping[str, str]) -> URIRef | None:
        prefix, colon, local = row[column].partition(":")
        if colon and local and prefix in prefixes:
            return URIRef(prefixes[prefix] + local)
        self._problem(place, column, f"the prefix of '{row[column]}' is not in curie_map", "add it there, or correct the cell")
        return None

    def _check_words(self, place: Place, row: Mapping[str, str], subject: URIRef, predicate: URIRef) -> None:
        if predicate not in PREDICATES:
            cure = "use skos:exactMatch, close-, broad-, narrow- or relatedMatch, or dcterms:isReferencedBy for a paper"
            self._problem(place, "predicate_id", f"'{row['predicate_id']}' is not a predicate of the links", cure)
        if self.labels.get(subject) != row["subject_label"]:
            known = subject in self.labels
            what = f"is labelled '{self.labels[subject]}', not '{row['subject_label']}'" if known else "is not in the graph"
            cure = "check whether the mapping is still correct, then correct it"
            self._problem(place, "subject_label" if known else "subject_id", f"{row['subject_id']} {what}", cure)
        label, first = self._seen.setdefault(row["object_id"], (row["object_label"], place))
        if label != row["object_label"]:
            what = f"{row['object_id']} is labelled '{row['object_label']}' here, but '{label}' in {first.file}, row {first.row}"
            self._problem(
                place, "object_label", what, "look the identifier up, then write the label that it has now in both rows"
            )
        try:
            date.fromisoformat(row["mapping_date"])
        except ValueError:
            self._problem(place, "mapping_date", f"'{row['mapping_date']}' is not a date", "write it as 2026-11-30")

    def _problem(self, place: Place, column: str, what: str, cure: str) -> None:
        self.problems.append(Problem(Place(place.file, place.row, column), what, cure))


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
    """For each prefix, the first parts of all IRIs in use: web pages, and those of SPARQL endpoints."""
    found: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            starts = found.setdefault(row["prefix"], [])
            if row["iri_prefix"] not in starts:
                starts.append(row["iri_prefix"])
    return found
