"""The catalogue of questions: each is one SPARQL file with a YAML header; its parameters are bound as serialised terms.

A parameter is a ``VALUES`` row marked ``# param: name``. Binding replaces the content of its braces with terms that rdflib
serialised, so that no value can change the rest of the query; a row of several variables takes tuples of terms. A federated
question marks rows inside its ``SERVICE`` block with ``# link: name``: they receive the values of that variable from the local
part of the query, so that only these are sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from rdflib import Literal, URIRef
from rdflib.term import Node

from kg.errors import InputError, NotFoundError, UsageError
from kg.namespaces import expand
from kg.resources import folder

_ROW = re.compile(
    r"(?P<head>.*VALUES\s+(?:\?\w+|\([?\w\s]+\))\s*\{)"
    r"(?P<value>.*)(?P<tail>\}\s*#\s*(?P<kind>param|link):\s*(?P<name>\w+)\s*)$"
)
_SERVICE = re.compile(r"^  SERVICE <[^>]*> \{\n.*?^  \}\n", re.MULTILINE | re.DOTALL)
_PROJECTION = re.compile(r"^SELECT\b(.+)^WHERE\b", re.MULTILINE | re.DOTALL)
_IN_PROJECTION = re.compile(r"[()]|AS \?\w+|\?\w+")


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


YES = "yes"
# the filters on an answer, each by the columns that a question needs for it (any of them); kg.ask.filters applies them
FILTERS: Mapping[Parameter, tuple[str, ...]] = {
    Parameter("line", "mcrc:LineOfTherapy"): ("line_of_therapy",),
    Parameter("population", "xsd:string"): ("population",),
    Parameter("endpoint", "mcrc:Endpoint"): ("endpoint", "event"),
    Parameter("place", "xsd:string", choices=("text", "table")): ("place",),
    Parameter("verdict", "xsd:string", choices=("significant", "not significant", "non-inferior", "none")): ("authors_reading",),
    Parameter("favours", "xsd:string"): ("favours",),
    Parameter("p_below", "xsd:decimal"): ("p_value", "p"),
    Parameter("every_place", "xsd:string", choices=(YES,)): ("place",),
    Parameter("contains", "xsd:string"): (),
    Parameter("sort", "xsd:string"): (),
}


@dataclass(frozen=True)
class Question:
    """One question: a canned query with a name.

    ``see`` names questions that may answer where this one does not, ``items`` the reporting items that an answer is about.
    ``leaves_out`` says what the answer does not contain although a reader may expect it. ``merges`` is whether rows of one result
    at several places of a document become one row. ``scans`` is whether a store on disk answers it, without
    parameters, more quickly by :func:`kg.engine.scans.by_scans`.
    """

    name: str
    summary: str
    description: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    view: str
    sparql: str
    endpoint: str | None = None
    shelf: str = ""
    see: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    leaves_out: str = ""
    merges: bool = False
    scans: bool = False

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns of the answer, as the query names them."""
        projection = _PROJECTION.search(self.sparql)
        return () if projection is None else tuple(_projected(projection[1]))

    @cached_property
    def filters(self) -> tuple[Parameter, ...]:
        """What the question takes beside its own parameters: filters on its answer, by its columns."""
        own = {parameter.name for parameter in self.parameters}
        return tuple(
            one for one, needed in FILTERS.items()
            if one.name not in own and (not needed or not set(needed).isdisjoint(self.columns))
            and (one.name != "every_place" or self.merges)
        )  # fmt: skip

    @property
    def options(self) -> tuple[Parameter, ...]:
        """All that the question takes: its own parameters, then the filters on its answer."""
        return self.parameters + self.filters

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
        """The parameter or filter with this name (hyphens and underscores are equivalent).

        Raises :class:`~kg.errors.UsageError` with the list of parameters.
        """
        wanted = name.replace("-", "_")
        for parameter in self.options:
            if parameter.name == wanted:
                return parameter
        known = ", ".join(f"--{p.name.replace('_', '-')}" for p in self.options)
        raise UsageError(f"the question '{self.name}' has no parameter '{name}'; its parameters are: {known}")

    def bind(self, values: Mapping[str, Node | Sequence[Any] | None]) -> str:
        """The SPARQL text with these values in place of the defaults: a term, or several terms.

        A parameter of several variables takes rows: tuples of terms. None stands for any term.
        """
        lines = []
        for line in self.sparql.splitlines():
            match = _ROW.match(line)
            if match and match["name"] in values:
                given = values[match["name"]]
                terms = [given] if given is None or isinstance(given, Node) else given
                line = f"{match['head']} {' '.join(map(_serialised, terms))} {match['tail']}"
            lines.append(line)
        return "\n".join(lines) + "\n"


def _projected(projection: str) -> Iterator[str]:
    """The variables of a projection: those outside brackets, and the names after AS of the expressions in brackets.

    >>> list(_projected("?trial (MIN(?place) AS ?passage_iri)"))
    ['trial', 'passage_iri']
    """
    depth = 0
    for token in _IN_PROJECTION.findall(projection):
        if token in "()":
            depth += 1 if token == "(" else -1
        elif depth == 0 or (depth == 1 and token.startswith("AS ")):
            yield token.rpartition("?")[2]


def _serialised(term: Node | tuple[Node | None, ...] | None) -> str:
    if term is None:
        return "UNDEF"
    if isinstance(term, tuple):
        return f"({' '.join(map(_serialised, term))})"
    if isinstance(term, URIRef):
        if re.search(r'[\x00-\x20<>"{}|\\^`]', term):
            raise UsageError(f"'{term}' is not an IRI; it contains a character that is not allowed in IRIs")
        return f"<{term}>"
    if isinstance(term, Literal):
        return term.n3()
    raise UsageError(f"{term!r} cannot be a parameter value; give an IRI or a literal")


class QueryFolder(Mapping[str, Question]):
    """Questions by name, each read when it is first asked for: whoever asks one does not wait for the headers of all.

    >>> shelf = catalogue()
    >>> "hazard-ratios" in shelf, shelf["hazard-ratios"].view
    (True, 'forest')
    """

    def __init__(self, places: Mapping[str, tuple[Path, str]]) -> None:
        self._places = places

    def __getitem__(self, name: str) -> Question:
        """The question of this name; raises KeyError when there is none."""
        return _parse(*self._places[name])

    def __contains__(self, name: object) -> bool:
        """Whether a question has this name; no file is read."""
        return name in self._places

    def __iter__(self) -> Iterator[str]:
        """The names, in their order."""
        return iter(self._places)

    def __len__(self) -> int:
        """How many questions."""
        return len(self._places)


@cache
def catalogue(shelf: str = "") -> Mapping[str, Question]:
    """All questions by name, in alphabetical order; or the queries of a subfolder, such as ``rules``, ``why``, ``federated``."""
    return QueryFolder(_places(shelf))


@cache
def questions() -> Mapping[str, Question]:
    """All questions by name: first those of this graph, then the federated ones."""
    return QueryFolder({**_places(""), **_places("federated")})


def _places(shelf: str) -> dict[str, tuple[Path, str]]:
    return {path.stem: (path, shelf) for path in sorted((folder("queries") / shelf).glob("*.rq"))}


def question(name: str) -> Question:
    """The question with this name.

    Raises :class:`~kg.errors.NotFoundError` with the nearest names.
    """
    known = questions()
    if name in known:
        return known[name]
    import difflib  # only for whoever mistyped

    near = difflib.get_close_matches(name, known, 3, 0.4) or [n for n in known if name in n]
    hint = f"nearest: {', '.join(near)}" if near else "see 'mcrc-kg ask' for the catalogue"
    raise NotFoundError(f"no question is called '{name}'; {hint}")


@cache
def _parse(path: Path, shelf: str) -> Question:
    import yaml  # takes a while to load, and a graph that is opened only for queries does without

    text = path.read_text(encoding="utf-8")
    header = "\n".join(line[2:].removeprefix(" ") for line in text.splitlines() if line.startswith("#+"))
    try:
        facts: dict[str, Any] = yaml.load(header, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)) or {}
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
            see=tuple(facts.get("see", ())),
            items=tuple(facts.get("items", ())),
            leaves_out=" ".join(facts.get("leaves_out", "").split()),
            merges=facts.get("merges", False),
            scans=facts.get("scans", False),
        )
    except (yaml.YAMLError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path.name}: its header does not parse: {error}; see docs/questions.md for the form") from error


def _parameter(name: str, spec: Mapping[str, Any]) -> Parameter:
    default = spec.get("default")
    return Parameter(name, spec["type"], None if default is None else str(default), tuple(map(str, spec.get("choices", ()))))
