"""Hints on a SPARQL query of a user: names that the graph does not contain, and numbers that GROUP_CONCAT cannot join.

A query with a property that does not exist is valid, and its answer is empty. Nothing is then said about the documents.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache

from rdflib import URIRef

from kg.ask.catalogue import catalogue
from kg.ask.name_index import NameIndex
from kg.ask.results import Result, Table
from kg.ask.search import find
from kg.engine.lexer import Token, tokens
from kg.namespaces import ID, MCRC, PREFIXES, contract

_NEAR = 3  # names that are offered
_SIMILAR = 0.6  # the least ratio of equal letters in them


@lru_cache(maxsize=256)  # a program asks the same query for many entities, and the questions again and again
def terms(sparql: str) -> tuple[URIRef, ...]:
    """The terms and entities of this graph that a query names, in order, by prefixed name or IRI; not those in ``PREFIX`` lines.

    >>> terms("PREFIX d: <https://w3id.org/mcrc-kg/id/drug/> ASK { d:cetuximab mcrc:actsOn ?x }")
    (rdflib.term.URIRef('https://w3id.org/mcrc-kg/id/drug/cetuximab'), rdflib.term.URIRef('https://w3id.org/mcrc-kg/ontology#actsOn'))
    """
    known: dict[str, str] = dict(PREFIXES)
    found: dict[URIRef, None] = {}
    keyword, declared = "", ""  # the keyword before a declaration, and the prefix that is declared
    for token in tokens(sparql):
        if token.kind == "word" and token.text.upper() in ("PREFIX", "BASE"):
            keyword, declared = token.text.upper(), ""
        elif keyword == "PREFIX" and token.kind == "name":
            declared = token.prefix
        elif keyword and token.kind == "iri":
            if keyword == "PREFIX":
                known[declared] = token.text[1:-1]
            keyword = ""
        elif token.kind in ("name", "iri") and (iri := _iri(token, known)) is not None:
            found[iri] = None
    return tuple(found)


def _iri(token: Token, prefixes: Mapping[str, str]) -> URIRef | None:
    """The IRI of a token if it is one of this graph; None for a name that begins one, or has an escaped character."""
    local = token.text[len(token.prefix) + 1 :]
    iri = token.text[1:-1] if token.kind == "iri" else prefixes.get(token.prefix, "") + local
    ours = iri.startswith((str(MCRC), ID)) and not iri.endswith(("/", "#"))
    return URIRef(iri) if ours and "\\" not in iri and "%" not in iri else None


def hints(
    sparql: str, result: Result, query: Callable[[str], Result], names: Callable[[], NameIndex], known: set[URIRef]
) -> Iterator[str]:
    """The hints on a query and its answer; ``query`` answers the questions about the names in it, except those in ``known``.

    Names that the graph contains are added to ``known``.
    """
    yield from _unknown(sparql, query, names, known)
    if isinstance(result, Table) and len(result) and "GROUP_CONCAT" in sparql.upper():
        yield from _not_joined(sparql, result)


def _unknown(sparql: str, query: Callable[[str], Result], names: Callable[[], NameIndex], known: set[URIRef]) -> Iterator[str]:
    named = [one for one in terms(sparql) if one not in known]
    unknown = _column(query(catalogue("search")["unknown-terms"].bind({"term": named})), 0) if named else []
    known.update(one for one in named if str(one) not in unknown)
    ontology = query(catalogue("search")["ontology-terms"].sparql) if unknown else None
    if not isinstance(ontology, Table) or not len(ontology):  # a graph without its ontology declares none of its terms
        return
    for term in map(URIRef, unknown):
        what = "a term of the ontology" if term.startswith(str(MCRC)) else "an entity of this graph"
        near = _near_terms(term, ontology) if term.startswith(str(MCRC)) else []
        near = near or _near_entities(term, names())
        cure = f"nearest: {', '.join(near)}" if near else "see 'mcrc-kg info --schema', or look for a name with 'mcrc-kg find'"
        yield f"{contract(term) or term} is not {what}, so no pattern with it matches; {cure}"


def _near_terms(term: URIRef, ontology: Table) -> list[str]:
    local = term.removeprefix(str(MCRC)).lower()
    known = {str(one).removeprefix(str(MCRC)): str(label) for one, label in ontology.rows}
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(local, lower, _NEAR, _SIMILAR)
    near += [name for name in lower if local in name and name not in near]
    return [f"mcrc:{lower[name]} ({known[lower[name]]})" for name in near[:_NEAR]]


def _near_entities(term: URIRef, names: NameIndex) -> list[str]:
    wanted = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.split(r"[/#]", term)[-1]).replace("-", " ")
    return [f"{contract(one.entity)} ({one.label})" for one in find(names, wanted, _NEAR)]


def _not_joined(sparql: str, result: Table) -> Iterator[str]:
    """The columns of GROUP_CONCAT over a variable that are empty in each row: the engine joins strings only."""
    all_tokens = list(tokens(sparql))
    for at, token in enumerate(all_tokens):
        if token.text.upper() == "GROUP_CONCAT" and (joined := _joined(all_tokens[at + 1 :])):
            variable, column = joined
            if column in result.columns and not _column(result, result.columns.index(column)):
                yield (
                    f"{column} is empty: GROUP_CONCAT joins strings only; "
                    f"if {variable} is a number or an IRI, write GROUP_CONCAT(STR({variable}))"
                )


def _joined(rest: Sequence[Token]) -> tuple[str, str] | None:
    """The variable that GROUP_CONCAT joins and the column of the answer, from the tokens after the keyword."""
    inner = [one for one in rest[1:3] if one.text.upper() != "DISTINCT"]
    depth = 0
    for at, token in enumerate(rest):
        depth += {"(": 1, ")": -1}.get(token.text, 0)
        if depth == 0:
            named = [one.text for one in rest[at + 1 : at + 3]]
            fits = inner and inner[0].kind == "variable" and len(named) == 2 and named[0].upper() == "AS"
            return (inner[0].text, named[1][1:]) if fits else None
    return None


def _column(found: Result, at: int) -> list[str]:
    """The values of a column of a table, without the empty cells."""
    return [str(row[at]) for row in found.rows if row[at] is not None] if isinstance(found, Table) else []
