"""The introduction to the graph for language models: contents, limits of interpretation, citation, questions; ``llms.txt``.

The form is that of https://llmstxt.org: a heading, a summary in a block quote, text without headings, then lists of links.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from kg.ask.catalogue import Parameter, Question, questions
from kg.ask.schema import Schema
from kg.errors import NotFoundError

SUMMARY = (
    "What a review and primary documents report on molecularly targeted therapy of metastatic colorectal cancer, as RDF facts; "
    "every number has its document and its place there (question documents lists them)."
)
RULES = """\
- The facts are those of the documents in the graph, as their authors report them. Not medical advice: do not
  derive a recommendation for a patient from them.
- Documents may differ on one outcome. Say which document a number is from; do not mix the numbers of two. The parameter document
  takes best (the report with precedence), all, or a short name.
- An effect is valid only in its own population and line of therapy. Do not transfer it: KRAS wild type is not RAS wild type, a
  subgroup is part of its whole, and arms of different trials are not comparable.
- An empty cell or no row is no finding. What a document was read for and does not report: question not-reported.
- Never count a result twice: text and table are one row (place, other_place), in reported-results two.
- Filters: line, population, endpoint, place, verdict, favours, p_below, contains, sort (COLUMN:desc).
- favours is the arm with the better outcome; a significant result may favour the reference arm. authors_reading is the authors'
  verdict; where it is empty, do not call the result significant yourself. When you weigh results,
  state the level of evidence (1 is the strongest, 5 the weakest; question evidence-levels).
- No study measured a comparison that is called indirect.
- Cite the passage of every number that you repeat: the place in words with its prefixed name, as in
  "Table 4 (passage:ohhara-2016.44216-44281)"; passage:X is https://w3id.org/mcrc-kg/id/passage/X."""

_ADDRESSES = """\
## How to ask

- [SPARQL endpoint](/sparql): GET with `query=`, or POST; SPARQL 1.1 Protocol, read-only; `Accept: text/csv` and others
- [A question](/q/hazard-ratios.json?drug=cetuximab): `/q/NAME.json`, `.csv` or `.ttl`; parameters by label, alias or IRI
- [An entity](/id/drug/cetuximab): `/id/TYPE/NAME`, the path of its IRI; with `.ttl` or `.jsonld`, or by `Accept`
- [Ontology](/ontology.ttl): classes, properties and terms in Turtle
- [Description of the data](/.well-known/void): VoID, with counts by class and property
- [Query page](/query): an editor, and links that share a query

## Optional

- [Full version](/llms-full.txt): also contains the cautions and the SPARQL of every question"""


def askable(allowed: Collection[str] = ()) -> dict[str, Question]:
    """The questions that a server answers: those of this graph, and the federated ones whose endpoint it may query."""
    return {name: asked for name, asked in questions().items() if asked.endpoint is None or asked.endpoint in allowed}


def topics(known: Iterable[Question]) -> list[str]:
    """The topics of these questions, in alphabetical order."""
    return sorted({topic for asked in known for topic in asked.tags})


def about(topic: str, known: Collection[Question]) -> list[Question]:
    """The questions of a topic.

    Raises :class:`~kg.errors.NotFoundError` with the list of topics.
    """
    found = [asked for asked in known if topic.strip().lower() in asked.tags]
    if not found:
        raise NotFoundError(f"there is no topic '{topic}'; the topics are {', '.join(topics(known))}")
    return found


def one_line(asked: Question) -> str:
    """A question in one line: its name, its parameters but the document, its summary."""
    return f"- {asked.name}({', '.join(one.name for one in asked.parameters if one.name != 'document')}): {asked.summary}"


def in_full(asked: Question) -> str:
    """A question with the type, default and choices of each parameter, and with what not to conclude."""
    listed = parameters(asked)
    return f"- {asked.name}: {asked.summary}.{f' Parameters: {listed}.' if listed else ''} {asked.description}".rstrip()


def parameters(asked: Question) -> str:
    """The parameters of a question, each with the class of its values or its choices, and its default."""
    return "; ".join(map(_parameter, asked.parameters))


def by_topic(known: Iterable[Question]) -> str:
    """The catalogue, one line per question, grouped by the first topic of each."""
    groups: dict[str, list[Question]] = {}
    for asked in known:
        groups.setdefault(asked.tags[0], []).append(asked)
    return "\n\n".join(f"### {topic}\n" + "\n".join(map(one_line, groups[topic])) for topic in sorted(groups))


def llms_txt(found: Schema, allowed: Collection[str] = (), root: str = "") -> str:
    """The text of ``/llms.txt``: summary, rules, schema, catalogue, and the addresses below the path ``root``."""
    return _page(found, _plain(by_topic(askable(allowed).values())), root)


def llms_full_txt(found: Schema, allowed: Collection[str] = (), root: str = "") -> str:
    """The text of ``/llms-full.txt``: the same with each question's parameters, cautions and SPARQL."""
    parts = (f"{in_full(asked)}\n\n```sparql\n{_query(asked)}\n```" for asked in askable(allowed).values())
    return _page(found, "\n\n".join(parts), root)


def _page(found: Schema, catalogue: str, root: str) -> str:
    """The whole page; the format allows headings only above lists of links, so other parts have bold names."""
    parts = [
        "# mcrc-kg",
        f"> {SUMMARY}",
        f"**Rules**\n\n{RULES}",
        f"**Schema**\n\n{_plain(str(found))}",
        f"**Questions, with their parameters; most also take document**\n\n{catalogue}",
        _ADDRESSES.replace("](/", f"]({root}/").replace("`/", f"`{root}/"),
    ]
    return "\n\n".join(parts) + "\n"


def _parameter(one: Parameter) -> str:
    kind = "|".join(one.choices) or one.type.partition(":")[2]
    return f"{one.name}: {kind}" + (f" = {one.default}" if one.default else " (all if left out)")


def _plain(text: str) -> str:
    """The text with bold lines in place of headings."""
    return re.sub(r"^#+ (.*)$", r"**\1**", text.strip(), flags=re.MULTILINE)


def _query(asked: Question) -> str:
    return "\n".join(line for line in asked.sparql.splitlines() if not line.startswith("#+"))
