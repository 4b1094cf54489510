"""Forest plots: one row for each result, with numbers and interval on a logarithmic axis, in blocks; diamonds for pooled effects.

Conventions: Lewis and Clarke, BMJ 322 (2001) 1479-1480; Cochrane Handbook, chapter 10.
"""

from __future__ import annotations

from collections.abc import Sequence

from kg.errors import DataError, NoEstimateError
from kg.plots import forest_text as words
from kg.plots.forest_layout import lay
from kg.plots.forest_rows import groups_of
from kg.plots.forest_text import Block
from kg.plots.laid_out import LaidOut, laid_out


def forest(blocks: Sequence[Block], title: str, favours: tuple[str, str], ratio: str, note: str = "") -> LaidOut:
    """A forest plot of blocks; ``favours`` are the texts for ratios below and above 1 in blocks without their own.

    Each row names its study and arms; its population, line of therapy, number of patients and place; the favoured arm, with what
    shows it; and what the authors call the result. A printed interval is a solid line, a computed one is dashed. An interval
    beyond the axis ends in an arrow. A ratio without an interval is a hollow mark; a result without a ratio has words and no
    mark. ± marks a standard error that is uncertain by a factor of two or more due to rounding.

    Raises :class:`~kg.errors.DataError` when there are no rows to draw, :class:`~kg.errors.NoEstimateError` with the rows in
    words when no ratio is printed, because an axis without marks would look like no effect.
    """
    rows = [one for block in blocks for one in block.rows]
    if not rows:
        raise DataError("there is no comparison to draw; 'mcrc-kg ask reported-results' lists all printed results")
    if not any(one.ratio for one in rows):
        raise NoEstimateError(f"no ratio is printed, so there is no forest plot. In words: {words.in_words(blocks)}")
    groups, notes = groups_of(blocks, favours), words.remarks(rows, note)
    told = f"{words.told(blocks, ratio)} {words.notes(rows, note)}".strip()
    return laid_out(title, told, lambda width: lay(groups, title, notes, width))
