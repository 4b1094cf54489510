"""Pages of an answer: a number of rows after those of the pages before."""

from __future__ import annotations

from dataclasses import dataclass

from kg.ask.results import Table
from kg.errors import UsageError


@dataclass(frozen=True)
class Page:
    """At most ``limit`` rows of an answer after its first ``skip`` rows; without a limit, all of them.

    The answer is computed whole, and every question orders its rows, so that the pages together are the answer.

    >>> page = Page(100, 200)
    >>> page.told(2345), page.next(2345), page.previous
    ('rows 201-300 of 2,345', Page(limit=100, skip=300), Page(limit=100, skip=100))

    Raises :class:`~kg.errors.UsageError` for a limit below 1 or a skip below 0.
    """

    limit: int | None = None
    skip: int = 0

    def __post_init__(self) -> None:
        """Check both numbers."""
        if self.limit is not None and (not isinstance(self.limit, int) or self.limit < 1):
            raise UsageError(f"limit must be a number of rows from 1, not '{self.limit}'")
        if not isinstance(self.skip, int) or self.skip < 0:
            raise UsageError(f"skip must be a number of rows from 0, not '{self.skip}'")

    def of(self, table: Table) -> Table:
        """The rows of a table that are on this page."""
        return Table(table.columns, table.rows[self.skip : self._end(len(table))], table.notes)

    def told(self, total: int) -> str:
        """Which rows of so many are on this page, in words."""
        if self.skip >= total:
            return f"no rows after row {self.skip:,}; there are {total:,}"
        return f"rows {self.skip + 1:,}-{self._end(total):,} of {total:,}"

    def is_whole(self, total: int) -> bool:
        """Whether all of so many rows are on this page."""
        return self.skip == 0 and self._end(total) == total

    def next(self, total: int) -> Page | None:
        """The page after this one, if so many rows have one."""
        end = self._end(total)
        return Page(self.limit, end) if end < total else None

    @property
    def previous(self) -> Page | None:
        """The page before this one, if there is one."""
        return Page(self.limit, max(0, self.skip - (self.limit or self.skip))) if self.skip else None

    def _end(self, total: int) -> int:
        return total if self.limit is None else min(total, self.skip + self.limit)
