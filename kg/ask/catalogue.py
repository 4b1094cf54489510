"""The catalogue of questions: each is one SPARQL file with a YAML header; its parameters are bound as serialised terms.

A parameter is a ``VALUES`` row marked ``# param: name``. Binding replaces the content of its braces with terms that rdflib
serialised, so that no value can change the rest of the query. A federated question marks rows inside its ``SERVICE`` block with
``# link: name``: they receive the values of that variable from the local part of the query, so that only these are sent.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from rdflib import Literal, URIRef
from rdflib.term import Node

from kg.errors import InputError, NotFoundError, UsageError
from kg.namespaces import expand
from kg.resources import folder

_ROW = re.compile(r"(?P<head>.*VALUES\s+\?\w+\s*\{)(?P<value>.*)(?P<tail>\}\s*#\s*(?P<kind>param|link):\s*(?P<name>\w+)\s*)$")
_SERVICE = re.compile(r"^  SERVICE <[^>]*> \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Parameter:
    """One parameter of a question: the class (or datatype) of its values, its default, its allowed values."""

    name: str
    type: str
    default: str | None = None
    choices: tuple[str, ...] = ()

    @property
    def of_class(self) -> URIRef | None:
        """The class whose members are allowed, or None for a literal."""
        return None if self.type.startswith("xsd:") else expand(self.type)


@dataclass(frozen=True)
class Question:
    """One question: a canned query with a name."""

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    view: str
    sparql: str
    endpoint: str | None = None
    shelf: str = ""

    @property
    def links(self) -> tuple[str, ...]:
        """The variables whose values a federated question sends to its endpoint."""
        rows = filter(None, map(_ROW.match, self.sparql.splitlines()))
        return tuple(row["name"] for row in rows if row["kind"] == "link")

    @property
    def local(self) -> Question:
        """A federated question without its ``SERVICE`` block."""
        return replace(self, sparql=_SERVICE.sub("", self.sparql))

    def parameter(self, name: str) -> Parameter:
        """The parameter with this name (hyphens and underscores are equivalent).

        Raises :class:`~kg.errors.UsageError` with the list of parameters.
        """
        wanted = name.replace("-", "_")
        for parameter in self.parameters:
            if parameter.name == wanted:
                return parameter
        known = ", ".join(f"--{p.name.replace('_', '-')}" for p in self.parameters) or "none"
        raise UsageError(f"the question '{self.name}' has no parameter '{name}'; its parameters are: {known}")

    def bind(self, values: Mapping[str, Node | Sequence[Node]]) -> str:
        """The SPARQL text with these values in place of the defaults: one value per parameter, any number per link."""
        lines = []
        for line in self.sparql.splitlines():
            match = _ROW.match(line)
            if match and match["name"] in values:
                given = values[match["name"]]
                terms = [given] if isinstance(given, Node) else given
                line = f"{match['head']} {' '.join(map(_serialised, terms))} {match['tail']}"
            lines.append(line)
        return "\n".join(lines) + "\n"


def _serialised(term: Node) -> str:
    if isinstance(term, URIRef):
        if re.search(r'[\x00-\x20<>"{}|\\^`]', term):
            raise UsageError(f"'{term}' is not an IRI; it contains a character that is not allowed in IRIs")
        return f"<{term}>"
    if isinstance(term, Literal):
        return term.n3()
    raise UsageError(f"{term!r} cannot be a parameter value; give an IRI or a literal")


@cache
def catalogue(shelf: str = "") -> Mapping[str, Question]:
    """All questions by name, in alphabetical order; or the queries of a subfolder, such as ``rules``, ``why``, ``federated``."""
    return {path.stem: _parse(path, shelf) for path in sorted((folder("queries") / shelf).glob("*.rq"))}


@cache
def questions() -> Mapping[str, Question]:
    """All questions by name: first those of this graph, then the federated ones."""
    return {**catalogue(), **catalogue("federated")}


def question(name: str) -> Question:
    """The question with this name.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names.
    """
    known = questions()
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, 3, 0.4) or [n for n in known if name in n]
    hint = f"nearest: {', '.join(near)}" if near else "see 'mcrc-kg ask' for the catalogue"
    raise NotFoundError(f"no question is called '{name}'; {hint}")


def _parse(path: Path, shelf: str) -> Question:
    text = path.read_text(encoding="utf-8")
    header = "\n".join(line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+"))
    try:
        facts: dict[str, Any] = yaml.load(header, Loader=_Loader) or {}
        parameters = tuple(_parameter(name, spec) for name, spec in (facts.get("params") or {}).items())
        return Question(
            name=path.stem,
            summary=facts["summary"],
            description=" ".join(facts.get("description", "").split()),
            tags=tuple(facts.get("tags", ())),
            parameters=parameters,
            view=facts.get("view", "table"),
            sparql=text,
            endpoint=facts.get("endpoint"),
            shelf=shelf,
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path.name}: its header does not parse: {error}; see docs/questions.md for the form") from error


def _parameter(name: str, spec: Mapping[str, Any]) -> Parameter:
    default = spec.get("default")
    return Parameter(name, spec["type"], None if default is None else str(default), tuple(map(str, spec.get("choices", ()))))


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
