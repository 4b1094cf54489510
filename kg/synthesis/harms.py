"""The adverse events of the two arms of a comparison, from the answer to the question ``safety``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from kg.ask.results import Table
from kg.synthesis.comparison import Comparison

_OF_HARM = ("event", "grade", "unit", "favours", "favours_from", "authors_reading", "statement", "population",
            "document", "place", "passage_iri")  # fmt: skip


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
        arms = (one.experimental.label, one.reference.label)
        for row in sorted(self._rows[one.trial], key=lambda row: row["kind"]):
            if row["kind"] == "comparison":
                values = (
                    (row["experimental_value"], row["reference_value"]) if (row["treatment"], row["against"]) == arms else None
                )
            elif row["kind"] == "rate":
                first, second = (row["experimental_value"] if row["treatment"] == arm else "" for arm in arms)
                values = first, second
            else:
                values = ("", "") if row["treatment"] not in arms[1:] else None
            if values is None or (row["kind"] == "rate" and not any(values)):
                continue
            key = (row["event"], row["grade"], row["document"], row["statement"], row["population"])
            known = found.get(key)
            if known is None:
                found[key] = Harm(*values, **{name: row[name] for name in _OF_HARM})
            else:
                found[key] = replace(known, experimental=known.experimental or values[0], reference=known.reference or values[1])
        return tuple(sorted(found.values(), key=_order))


def _order(one: Harm) -> tuple[bool, bool, bool, str, str]:
    """What was fatal, then events with a value for both arms, for one arm, and in words."""
    return "fatal" not in one.statement.casefold(), bool(one.statement), not one.compared, one.event, one.grade
