"""Ratios on the logarithmic scale, with the standard error and how it was obtained. Arithmetic only, without the graph.

References: Parmar, Torri and Stewart, Statistics in Medicine 17 (1998) 2815-2834 (interval, P value); Woolf, Annals of Human
Genetics 19 (1955) 251-253 (counts); Altman and Bland, BMJ 343 (2011) d2090 (P value).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from statistics import NormalDist

from kg.errors import DataError

_NORMAL = NormalDist()
# a standard error that is uncertain by this factor, because of rounding, is not used
_OPEN = 4.0


@dataclass(frozen=True)
class EffectSize:
    """A hazard ratio or odds ratio as logarithm and standard error; ``how`` says what the standard error was computed from.

    ``rounding`` is the greatest standard error that the rounding of the printed figures allows, divided by the least.
    """

    log: float
    standard_error: float
    how: str
    rounding: float = 1.0

    @property
    def value(self) -> float:
        """The ratio."""
        return math.exp(self.log)

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Confidence limits of the ratio."""
        reach = _NORMAL.inv_cdf(0.5 + level / 2) * self.standard_error
        return math.exp(self.log - reach), math.exp(self.log + reach)

    @property
    def p_value(self) -> float:
        """The two-sided P value for no effect, from the normal distribution."""
        return 2 * _NORMAL.cdf(-abs(self.log) / self.standard_error)


def from_interval(ratio: float, lower: float, upper: float, level: float = 0.95) -> EffectSize:
    """An effect size from a ratio and its confidence limits; the standard error is derived from the width of the interval.

    >>> effect = from_interval(0.77, 0.63, 0.95)
    >>> round(effect.standard_error, 4), effect.how
    (0.1048, '95% confidence interval')

    Raises :class:`~kg.errors.DataError` unless 0 < lower <= ratio <= upper and lower < upper.
    """
    if not 0 < lower <= ratio <= upper or lower == upper:
        raise DataError(
            f"{lower} to {upper} is not a confidence interval of {ratio}: the limits must be above 0, differ, and enclose it"
        )
    width = math.log(upper) - math.log(lower)
    return EffectSize(math.log(ratio), width / 2 / _NORMAL.inv_cdf(0.5 + level / 2), f"{100 * level:g}% confidence interval")


def from_p_value(ratio: float, p: float, comparator: str = "=", sides: int = 2) -> EffectSize:
    """An effect size from a ratio and its P value, which is two-sided unless ``sides`` is 1.

    >>> round(from_p_value(0.63, 0.058).standard_error, 4)
    0.2437

    Raises :class:`~kg.errors.DataError` when the standard error cannot be derived: "P < x" only gives a bound, and a ratio of 1
    or a P value of 0 or 1 does not determine it.
    """
    if ratio <= 0:
        raise DataError(f"a ratio must be above 0, not {ratio}")
    if comparator != "=":
        raise DataError(f"P {comparator} {p} only gives a bound for the standard error; it cannot be derived")
    if not 0 < p < sides / 2 or ratio == 1:
        raise DataError(f"no standard error can be derived from P = {p} and a ratio of {ratio}")
    return EffectSize(math.log(ratio), abs(math.log(ratio)) / _NORMAL.inv_cdf(1 - p / sides), _from_p(p, sides))


def _from_p(p: float | str, sides: int) -> str:
    return f"P = {p}" if sides == 2 else f"P = {p}, one-sided"


def from_printed_p(ratio: str, p: str, comparator: str = "=", sides: int = 2) -> EffectSize:
    """An effect size from a ratio and its P value (``sides`` as above) as printed, with the uncertainty from their rounding.

    >>> effect = from_printed_p("1.1", "0.31")
    >>> effect.how, round(effect.rounding, 1)
    ('P = 0.31', 2.9)

    Raises :class:`~kg.errors.DataError` as :func:`from_p_value` does, and when rounding makes the standard error uncertain by a
    factor of four or more.
    """
    found = from_p_value(figure(ratio), figure(p), comparator, sides)
    ratios, ps = ([figure(text) + sign * half_unit(text) for sign in (-1, 1)] for text in (ratio, p))
    open_ended = ratios[0] <= 1 <= ratios[1] or ratios[0] <= 0 or ps[0] <= 0 or ps[1] >= sides / 2
    if not open_ended:
        logs, quantiles = [abs(math.log(r)) for r in ratios], [_NORMAL.inv_cdf(1 - one / sides) for one in ps]
        rounding = max(logs) / min(logs) * max(quantiles) / min(quantiles)
    if open_ended or rounding >= _OPEN:
        raise DataError(f"P = {p} and a ratio of {ratio} are rounded too much to derive a standard error")
    return EffectSize(found.log, found.standard_error, _from_p(p, sides), rounding)


def odds_ratio(events: int, of: int, reference_events: int, reference_of: int) -> EffectSize:
    """The odds ratio of two counts, with the standard error after Woolf.

    >>> effect = odds_ratio(15, 48, 4, 28)
    >>> round(effect.value, 2), round(effect.standard_error, 2)
    (2.73, 0.62)

    Raises :class:`~kg.errors.DataError` when a cell of the table is 0: no correction is applied.
    """
    cells = (events, of - events, reference_events, reference_of - reference_events)
    error = _woolf(cells, f"{events} of {of} against {reference_events} of {reference_of}")
    return EffectSize(math.log(cells[0] * cells[3] / (cells[1] * cells[2])), error, "counts")


def rates_error(one: tuple[float, int], other: tuple[float, int]) -> float:
    """The standard error of the logarithm of an odds ratio after Woolf, from two rates in percent and their numbers.

    >>> round(rates_error((62, 297), (58, 295)), 3)
    0.168

    Raises :class:`~kg.errors.DataError` for a rate of 0% or 100%.
    """
    cells = [part for rate, of in (one, other) for part in (rate / 100 * of, (1 - rate / 100) * of)]
    return _woolf(cells, f"{one[0]}% of {one[1]} against {other[0]}% of {other[1]}")


def _woolf(cells: Sequence[float], counts: str) -> float:
    if min(cells) <= 0:
        raise DataError(f"{counts}: a cell of the table is 0, so there is no odds ratio")
    return math.sqrt(sum(1 / cell for cell in cells))


def figure(printed: str) -> float:
    """The value of a printed number.

    >>> figure("0.770")
    0.77

    Raises :class:`~kg.errors.DataError` for a text that is not a decimal number.
    """
    whole, _, decimals = printed.partition(".")
    digits = whole.removeprefix("-") + decimals
    if not (digits.isascii() and digits.isdecimal()):
        raise DataError(f"a number is expected, but '{printed}' is printed")
    return float(printed)


def is_number(value: object) -> bool:
    """Whether a value is a finite number."""
    return isinstance(value, int | float) and math.isfinite(value)


def half_unit(printed: str) -> float:
    """Half a unit of the last printed digit: the greatest change by rounding.

    >>> half_unit("0.63"), half_unit("12")
    (0.005, 0.5)
    """
    return float(f"0.5e-{len(printed.partition('.')[2])}")


def p_range(ratio: str, lower: str, upper: str, level: float = 0.95) -> tuple[float, float]:
    """The least and the greatest two-sided P value that are compatible with a printed ratio and interval, given their rounding.

    >>> least, greatest = p_range("0.77", "0.63", "0.95")
    >>> least < 0.016 < greatest
    True

    Raises :class:`~kg.errors.DataError` as :func:`from_interval` does.
    """
    from_interval(figure(ratio), figure(lower), figure(upper), level)
    least, greatest = ([figure(text) + sign * half_unit(text) for text in (ratio, lower, upper)] for sign in (-1, 1))
    corners = product(*zip(least, greatest, strict=True))
    found = [from_interval(r, low, high, level).p_value for r, low, high in corners if 0 < low <= r <= high and low < high]
    return min(found), max(found)
