"""Answers to SELECT and ASK as values that can be compared: read from every format here, not by the engine that wrote them.

A term is a tuple: its kind, then its parts. Numbers are compared as numbers, all else letter by letter.
"""

import contextlib
import csv
import io
import json
import math
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from unittest import mock
from urllib.parse import quote
from xml.etree import ElementTree

from rdflib import RDF, XSD, BNode, Graph, Literal, Namespace, URIRef
from rdflib.util import from_n3

RS = Namespace("http://www.w3.org/2001/sw/DataAccess/tests/result-set#")
SRX = "{http://www.w3.org/2005/sparql-results#}"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
INTEGERS = {
    str(XSD[sign + name])
    for sign, names in {
        "": ("integer", "int", "long", "short", "byte"),
        "unsigned": ("Int", "Long", "Short", "Byte"),
        "positive": ("Integer",),
        "negative": ("Integer",),
        "nonNegative": ("Integer",),
        "nonPositive": ("Integer",),
    }.items()
    for name in names
}


@dataclass(frozen=True)
class Solutions:
    """Rows of bindings; ``ordered`` where their order is part of the answer."""

    variables: frozenset
    rows: list
    ordered: bool = False


@contextmanager
def as_written():
    """Literals of rdflib with the letters that stand in the text, where it would write some values in its own way."""
    with mock.patch("rdflib.NORMALIZE_LITERALS", False):
        yield


def literal(text, datatype=None, language=None):
    """A literal as a tuple; numbers by their value."""
    datatype = datatype or (str(RDF.langString) if language else str(XSD.string))
    value = text
    with contextlib.suppress(ValueError, ArithmeticError):
        if datatype in INTEGERS:
            value = int(text)
        elif datatype == str(XSD.decimal):
            value = Decimal(text)
        elif datatype in (str(XSD.double), str(XSD.float)):
            value = "NaN" if math.isnan(float(text)) else float(text)
    return ("literal", value, datatype, (language or "").lower())


def term(node):
    """A term of rdflib as a tuple."""
    if isinstance(node, BNode):
        return ("bnode", str(node))
    if isinstance(node, Literal):
        return literal(str(node), node.datatype and str(node.datatype), node.language)
    return ("iri", str(node))


def read_json(body):
    """SPARQL 1.1 Query Results JSON Format."""

    def one(value):
        if value["type"] == "uri":
            return ("iri", value["value"])
        if value["type"] == "bnode":
            return ("bnode", value["value"])
        return literal(value["value"], value.get("datatype"), value.get("xml:lang"))

    data = json.loads(body)
    if "boolean" in data:
        return data["boolean"]
    rows = [{name: one(value) for name, value in row.items()} for row in data["results"]["bindings"]]
    return Solutions(frozenset(data["head"].get("vars", ())), rows)


def read_xml(body):
    """SPARQL Query Results XML Format."""

    def one(node):
        text = node.text or ""
        if node.tag == SRX + "uri":
            return ("iri", text.strip())
        if node.tag == SRX + "bnode":
            return ("bnode", text.strip())
        return literal(text, node.get("datatype"), node.get(LANG))

    def row(node):
        # an unbound variable may stand there without a value
        return {binding.get("name"): one(binding[0]) for binding in node.iter(SRX + "binding") if len(binding)}

    root = ElementTree.fromstring(body)
    told = root.find(SRX + "boolean")
    if told is not None:
        return told.text.strip() == "true"
    names = frozenset(node.get("name") for node in root.iter(SRX + "variable"))
    return Solutions(names, list(map(row, root.iter(SRX + "result"))))


def read_tsv(body):
    """SPARQL 1.1 Query Results TSV: terms as in Turtle, tabs and ends of lines escaped in them."""
    head, *lines = body.decode().split("\n")
    names = [name.removeprefix("?") for name in head.rstrip("\r").split("\t")] if head.strip() else []
    if lines and not lines[-1]:
        lines.pop()  # what follows the last end of line
    cells = [line.rstrip("\r").split("\t") if names else [] for line in lines]
    rows = [dict(zip(names, row, strict=True)) for row in cells]
    with as_written():
        return Solutions(frozenset(names), [{name: term(from_n3(text)) for name, text in row.items() if text} for row in rows])


def read_csv(body):
    """SPARQL 1.1 Query Results CSV: bare values."""
    table = list(csv.reader(io.StringIO(body.decode(), newline="")))
    names, *lines = table or [[]]
    # a row of one empty cell is an empty line, as is a row of a table without columns
    rows = [row or [""] * len(names[:1]) for row in lines]
    return Solutions(frozenset(names), [dict(zip(names, map(_cell, row), strict=True)) for row in rows])


def _cell(text):
    return ("bnode", text) if text.startswith("_:") else ("plain", _bare(text))


def _bare(value):
    """A value without its type: numbers as numbers, however they are written."""
    with contextlib.suppress(ValueError):
        return str(value) if math.isnan(float(value)) else float(value)
    return value


def plain(solutions):
    """What is left of solutions in CSV, where types and languages are lost; numbers are compared by their value."""

    def cell(found):
        if found is None:
            return ("plain", "")
        return found if found[0] == "bnode" else ("plain", _bare(found[1]))

    return Solutions(
        solutions.variables,
        [{name: cell(row.get(name)) for name in solutions.variables} for row in solutions.rows],
    )


def read_result_set(graph: Graph):
    """The vocabulary of result sets, which the first suite used; None where the graph is no such answer."""
    answer = next(graph.subjects(RDF.type, RS.ResultSet), None)
    if answer is None:
        return None
    boolean = graph.value(answer, RS.boolean)
    if boolean is not None:
        return bool(boolean.toPython())
    found = list(graph.objects(answer, RS.solution))
    ordered = any(graph.value(one, RS["index"]) is not None for one in found)
    if ordered:
        found.sort(key=lambda one: int(graph.value(one, RS["index"])))
    rows = [
        {str(graph.value(b, RS.variable)): term(graph.value(b, RS.value)) for b in graph.objects(one, RS.binding)}
        for one in found
    ]
    return Solutions(frozenset(map(str, graph.objects(answer, RS.resultVariable))), rows, ordered)


READERS: dict[str, Callable] = {"json": read_json, "xml": read_xml, "tsv": read_tsv, "csv": read_csv}


def same(expected, got, lax=False):
    """Whether two answers are the same but for the names of blank nodes; ``lax`` where repeated rows may be left out."""
    if isinstance(expected, bool) or isinstance(got, bool):
        return expected is got
    if expected.variables != got.variables:
        return False
    wanted, found = [list(map(_frozen, one.rows)) for one in (expected, got)]
    if lax:
        within = not Counter(found) - Counter(wanted)
        return within and set(wanted) == set(found)
    if len(wanted) != len(found):
        return False
    if expected.ordered:
        return _match(wanted, found, {}, True)
    # those that can be few things first
    left = Counter(map(_shape, found))
    return left == Counter(map(_shape, wanted)) and _match(sorted(wanted, key=lambda row: left[_shape(row)]), found, {}, False)


def _frozen(row):
    return tuple(sorted(row.items()))


def _shape(row):
    return tuple((name, "bnode" if value[0] == "bnode" else value) for name, value in row)


def _match(wanted, found, names, ordered):
    """Whether each row has its like; ``names`` says which blank node stands for which."""
    if not wanted:
        return True
    first, *rest = wanted
    for place, row in enumerate(found[:1] if ordered else found):
        grown = _joined(first, row, names)
        if grown is not None and _match(rest, found[:place] + found[place + 1 :], grown, ordered):
            return True
    return False


def _joined(one, other, names):
    if _shape(one) != _shape(other):
        return None
    grown = dict(names)
    for (_, left), (_, right) in zip(one, other, strict=True):
        if left[0] == "bnode":
            if grown.setdefault(left[1], right[1]) != right[1]:
                return None
            if sum(value == right[1] for value in grown.values()) > 1:
                return None
    return grown


def as_terms(graph: Graph) -> Graph:
    """A graph whose literals are numbers by their value, so that two can be held against each other."""
    made = Graph()
    for triple in graph:
        made.add(tuple(URIRef("literal:" + quote(repr(term(node)))) if isinstance(node, Literal) else node for node in triple))
    return made
