"""How a pooled effect differs from an earlier one: its figures, and the studies and reports that are the reason."""

from __future__ import annotations

from collections.abc import Iterator

from kg.synthesis.comparison import Comparison
from kg.synthesis.meta_analysis import Synthesis


def change(before: Synthesis, after: Synthesis) -> str:
    """Both pooled effects in words, and each study that is new, left out or reported otherwise.

    The two effects must be of the same contrast and endpoint.
    """
    reasons = "; ".join(_reasons(before, after)) or "the same reports"
    return f"before: {_result(before)}; now: {_result(after)}. {reasons[0].upper()}{reasons[1:]}."


def _result(one: Synthesis) -> str:
    main = one.pooled.headline
    printed = sum(study.has_interval for study in one.studies)
    return (
        f"{one.ratio} {main.value:.2f} ({main.lower:.2f} to {main.upper:.2f}), {len(one.studies)} studies, "
        f"{printed} with a printed interval"
    )


def _reasons(before: Synthesis, after: Synthesis) -> Iterator[str]:
    earlier = {one.trial: one for one in before.studies}
    later = {one.trial: one for one in after.studies}
    for name in sorted(earlier.keys() | later.keys()):
        old, new = earlier.get(name), later.get(name)
        if old is None and new is not None:
            yield f"{name} is new ({_report(new)})"
        elif new is None and old is not None:
            reason = next((left.reason for left in after.left_out if left.comparison.passage == old.passage), "left out")
            yield f"{name} is left out ({reason})"
        elif old is not None and new is not None and _report(old) != _report(new):
            yield f"{name}: {_report(old)} became {_report(new)}"


def _report(one: Comparison) -> str:
    limits = f" ({one.limits[0]} to {one.limits[1]})" if one.limits else f", {one.p}" if one.p else ""
    return f"{one.statistic} {one.digits}{limits} in {one.document}"
