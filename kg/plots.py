"""Pictures of the evidence as SVG, PNG or PDF: text stays text, nothing is told by colour alone, light and dark.

Conventions of a forest plot: Lewis and Clarke, BMJ 322 (2001) 1479-1480; Cochrane Handbook, chapter 10.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from kg.errors import UsageError
from kg.synthesis import Study, Synthesis

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = (".svg", ".png", ".pdf")
_INK = "#000000"
_ROW = 0.34
_DARK = (
    "<style>svg { color: #1b1b1b; background: #ffffff } "
    "@media (prefers-color-scheme: dark) { svg { color: #e8e8e8; background: #161616 } }</style>"
)


def forest(found: Synthesis, title: str, favours: tuple[str, str], ratio: str = "hazard ratio", form: str = ".svg") -> bytes:
    """A forest plot: a line a study with numbers, weight and interval on a logarithmic axis, and diamonds for what is pooled.

    ``favours`` are the words for the two sides, below and above 1. An interval that leaves the axis ends in an arrow.

    Raises :class:`~kg.errors.UsageError` for another format than SVG, PNG and PDF, or when matplotlib is not installed.
    """
    if form not in FORMATS:
        raise UsageError(f"'{form}' is no picture format; end the name of the file with {', '.join(FORMATS)}")
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as missing:
        raise UsageError(
            f"the package '{missing.name}' is missing; install it with: pip install 'mcrc-kg[synthesis]'"
        ) from missing
    rows = len(found.studies) + 4
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "mcrc-kg", "font.family": "DejaVu Sans", "font.size": 9}):
        figure = Figure(figsize=(10.5, _ROW * rows + 1.5))
        axes = figure.add_axes((0.47, 0.95 / (_ROW * rows + 1.5), 0.26, _ROW * rows / (_ROW * rows + 1.5)))
        low, high = _axis(axes, found, rows)
        _columns(axes, rows, ratio)
        for number, (study, weight) in enumerate(zip(found.studies, found.pooled.weights_random, strict=True)):
            _study(axes, rows - 1 - number, study, weight, (low, high))
        _summary(axes, found, 2)
        _words(axes, found, favours)
        figure.text(0.02, 0.985, title, fontsize=11, fontweight="bold", va="top")
        return _written(figure, form, title, _told(found, ratio))


def _axis(axes: Axes, found: Synthesis, rows: int) -> tuple[float, float]:
    limits = [limit for study in found.studies for limit in study.effect.interval()]
    low, high = max(0.2, min(0.5, *limits) * 0.92), min(5.0, max(2.0, *limits) * 1.08)
    axes.set_xscale("log")
    axes.set_xlim(low, high)
    axes.set_ylim(-0.2, rows)
    ticks = [tick for tick in (0.2, 0.33, 0.5, 0.67, 1, 1.5, 2, 3, 5) if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.set_yticks([])
    for side in ("left", "right", "top"):
        axes.spines[side].set_visible(False)
    axes.plot([1, 1], [-0.2, rows - 0.6], color=_INK, linewidth=0.8)
    return low, high


def _put(axes: Axes, x: float, y: float, text: str, **style: Any) -> None:
    """Text at a place across the figure (as a fraction of its width) on a row of the axes."""
    axes.text(x, y, text, transform=_across(axes), va="center", **style)


def _across(axes: Axes) -> Any:
    from matplotlib.transforms import blended_transform_factory

    figure = axes.get_figure()
    assert figure is not None
    return blended_transform_factory(figure.transFigure, axes.transData)


def _columns(axes: Axes, rows: int, ratio: str) -> None:
    for x, text, side in ((0.02, "Study", "left"), (0.17, "Population", "left"), (0.31, "Error from", "left"),
                          (0.76, f"{ratio} [95% CI]", "left"), (0.98, "Weight", "right")):  # fmt: skip
        _put(axes, x, rows - 0.1, text, fontweight="bold", ha=side)


def _study(axes: Axes, y: float, study: Study, weight: float, edges: tuple[float, float]) -> None:
    lower, upper = study.effect.interval()
    low, high = edges
    axes.plot([max(lower, low), min(upper, high)], [y, y], color=_INK, linewidth=1)
    _arrows(axes, y, (lower, upper), edges)
    axes.plot([study.effect.value], [y], marker="s", color=_INK, markersize=3 + 0.13 * weight)
    _put(axes, 0.02, y, study.label)
    _put(axes, 0.17, y, _short(study.population))
    _put(axes, 0.31, y, study.effect.how)
    _put(axes, 0.76, y, f"{study.effect.value:.2f} [{lower:.2f}, {upper:.2f}]")
    _put(axes, 0.98, y, f"{weight:.1f}%", ha="right")


def _arrows(axes: Axes, y: float, limits: tuple[float, float], edges: tuple[float, float]) -> None:
    """An arrow at each end where an interval leaves the axis."""
    for left, marker, beyond in ((0, "<", limits[0] < edges[0]), (1, ">", limits[1] > edges[1])):
        if beyond:
            axes.plot([edges[left]], [y], marker=marker, color=_INK, markersize=5, clip_on=False)


def _summary(axes: Axes, found: Synthesis, y: float) -> None:
    pooled = found.pooled
    for name, one, hollow in (("Random effects", pooled.random, False), ("Fixed effect", pooled.fixed, True)):
        corners = [one.lower, one.value, one.upper, one.value]
        face = "none" if hollow else _INK
        axes.fill(corners, [y, y + 0.26, y, y - 0.26], facecolor=face, edgecolor=_INK, linewidth=1)
        _put(axes, 0.02, y, name, fontweight="bold")
        _put(axes, 0.76, y, f"{one.value:.2f} [{one.lower:.2f}, {one.upper:.2f}]", fontweight="bold")
        _put(axes, 0.31, y, f"P = {one.p_value:.3g}")
        y -= 1
    if pooled.prediction:
        lower, upper = pooled.prediction
        low, high = axes.get_xlim()
        axes.plot([max(lower, low), min(upper, high)], [y, y], color=_INK, linewidth=1, linestyle=(0, (4, 2)))
        _arrows(axes, y, pooled.prediction, (low, high))
        _put(axes, 0.02, y, "Prediction interval")
        _put(axes, 0.76, y, f"[{lower:.2f}, {upper:.2f}]")


def _words(axes: Axes, found: Synthesis, favours: tuple[str, str]) -> None:
    pooled = found.pooled
    for shift, text, side in ((-6, f"← {favours[0]}", "right"), (6, f"{favours[1]} →", "left")):
        across = axes.get_xaxis_transform()
        axes.annotate(text, (1, 0), (shift, -30), xycoords=across, textcoords="offset points", ha=side, va="center")
    figure = axes.get_figure()
    assert figure is not None
    heterogeneity = (
        f"Heterogeneity: Q = {pooled.q:.2f}, P = {pooled.q_p_value:.2g}; τ² = {pooled.tau2:.3f}; I² = {pooled.i2:.0f}%"
    )
    figure.text(0.02, 0.02, f"{heterogeneity}.  {len(found.left_out)} comparisons left out.", fontsize=8)


def _short(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,") + "…"


def _told(found: Synthesis, ratio: str) -> str:
    """The picture in words, for those who do not see it."""
    parts = [
        f"{s.label}, {s.population}: {s.effect.value:.2f} ({s.effect.interval()[0]:.2f} to {s.effect.interval()[1]:.2f})"
        for s in found.studies
    ]
    one = found.pooled.random
    return (
        f"Forest plot of {ratio}s. "
        + "; ".join(parts)
        + f". Random effects: {one.value:.2f} ({one.lower:.2f} to {one.upper:.2f})."
    )


def _written(figure: Any, form: str, title: str, told: str) -> bytes:
    out = io.BytesIO()
    if form != ".svg":
        figure.savefig(
            out, format=form[1:], dpi=160, metadata={"Title": title} | ({"CreationDate": None} if form == ".pdf" else {})
        )
        return out.getvalue()
    figure.savefig(out, format="svg", transparent=True, metadata={"Title": title, "Description": told, "Date": None})
    text = out.getvalue().decode("utf-8").replace(_INK, "currentColor")
    head, tag, rest = text.partition("<defs>")
    words = f"<title>{escape(title)}</title>\n <desc>{escape(told)}</desc>\n {_DARK}\n "
    return (head + words + tag + rest).replace("<svg ", '<svg role="img" ', 1).encode("utf-8")
