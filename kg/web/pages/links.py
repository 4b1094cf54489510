"""Addresses on this site: of the page of an entity, of a query in the SPARQL form, of an answer as a file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, urlencode

from kg.ask.catalogue import Question
from kg.namespaces import BASE, ID, MCRC

_PATH = "/:@!$&'()*+,;=~"
_WEB = re.compile(r"https?://[^\s<>\"{}|\\^`]+")


def address(iri: str, root: str = "") -> str | None:
    """The address for an IRI: its page on this site, or the IRI itself if it is a web address, else None.

    >>> address("https://w3id.org/mcrc-kg/ontology#Drug")
    '/ontology#Drug'
    >>> address("https://doi.org/10.1000/1")
    'https://doi.org/10.1000/1'
    >>> address("javascript:alert(1)") is None
    True
    """
    if iri.startswith(ID) and len(iri) > len(ID):
        return f"{root}/{quote(iri.removeprefix(BASE), safe=_PATH)}"
    if iri.startswith(str(MCRC)):
        return f"{root}/ontology#{quote(iri.removeprefix(str(MCRC)), safe=_PATH)}"
    if iri == BASE + "ontology":
        return f"{root}/ontology"
    return iri if _WEB.fullmatch(iri) else None


def in_form(sparql: str, root: str = "") -> str:
    """The address of the SPARQL page with a query in its form, without the header of the query file."""
    return f"{root}/query?{urlencode({'query': without_header(sparql)})}"


def as_file(question: Question, values: Mapping[str, str], sparql: str, root: str = "") -> str:
    """The address of an answer as CSV: by the name of a canned question, or by the text of another query."""
    if question.shelf:
        return f"{root}/sparql?{urlencode({'query': without_header(sparql), 'format': 'csv'})}"
    return f"{root}/q/{question.name}.csv" + (f"?{urlencode(values)}" if values else "")


def why(subject: str, property: str, value: str, root: str = "") -> str:
    """The address of the page that explains one statement."""
    return f"{root}/why?{urlencode({'subject': subject, 'property': property, 'value': value})}"


def without_header(sparql: str) -> str:
    """The text of a query file without its header."""
    return "\n".join(line for line in sparql.splitlines() if not line.startswith("#+")) + "\n"
