"""The adverse events of the two arms of a comparison, from the answer to the question ``safety``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kg.ask.results import Table
from kg.synthesis.comparison import Comparison

_OF_HARM = ("event", "grade", "unit", "favours", "favours_from", "authors_reading", "statement", "population",
            "document", "place", "passage_iri")  # fmt: skip
_GRAVE = frozenset(("fatal", "death", "deaths", "died", "life-threatening"))


@dataclass(frozen=True)
class Harm:
    """An adverse event in the arms of an entry: the printed value of each arm, or a statement, and its place."""

    experimental: str
    reference: str
    event: str
    grade: str
    unit: str
    favours: str
    favours_from: str
    authors_reading: str
    statement: str
    population: str
    document: str
    place: str
    passage_iri: str

    @property
    def compared(self) -> bool:
        """Whether both arms have a value."""
        return bool(self.experimental and self.reference)

    @property
    def words(self) -> str:
        """The event with its grade."""
        return f"{self.event}, grade {self.grade}" if self.grade else self.event


def is_grave(statement: str) -> bool:
    """Whether a statement on harm says that patients died or were in danger of their lives."""
    return not _GRAVE.isdisjoint(word.strip(".,;:()") for word in statement.lower().split())


class Harms:
    """The adverse events of the arms of trials, from the answer to the question ``safety``."""

    def __init__(self, safety: Table) -> None:
        self._rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
        for row in safety.to_dicts():
            texts = {name: "" if value is None else str(value) for name, value in row.items()}
            self._rows[texts["trial"]].append(texts)

    def of(self, one: Comparison) -> tuple[Harm, ...]:
        """The adverse events of the arms of a comparison, the most informative first."""
        found: dict[tuple[str, ...], Harm] = {}
        for row in sorted(self._rows[one.trial], key=lambda row: row["kind"]):
            values = _values(row, one)
            if values is None:
                continue
            key = (row["event"], row["grade"], row["document"], row["statement"], row["population"])
            known = found.get(key)
            if known is None:
                found[key] = Harm(*values, **{name: row[name] for name in _OF_HARM})
            else:
                found[key] = replace(known, experimental=known.experimental or values[0], reference=known.reference or values[1])
        return tuple(sorted(found.values(), key=_order))


def _values(row: Mapping[str, str], one: Comparison) -> tuple[str, str] | None:
    """The values of the experimental and of the reference arm, empty for a statement; None where a row is about other arms."""
    arms = (one.experimental.label, one.reference.label)
    named, value, other = row["treatment"], row["experimental_value"], row["reference_value"]
    if row["kind"] == "comparison":
        ways = {arms: (value, other), arms[::-1]: (other, value)}
        return ways.get((named, row["against"]))
    if row["kind"] == "rate":
        return (value, "") if named == arms[0] else ("", value) if named == arms[1] else None
    given = {*arms, *(part for arm in arms for part in arm.split(" + "))}
    given |= {drug.label for arm in (one.experimental, one.reference) for drug in arm.drugs}
    return ("", "") if named in given else None


def _order(one: Harm) -> tuple[bool, bool, bool, str, str]:
    """What is grave, then events with a value for both arms, for one arm, and in words."""
    return not is_grave(f"{one.statement} {one.event}"), bool(one.statement), not one.compared, one.event, one.grade
