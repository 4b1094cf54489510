"""Figures of the evidence as SVG, PNG or PDF: text remains text, colour is never the only cue, light and dark.

Forest plots are laid out for a width, and written as SVG here; matplotlib writes their PNG and PDF, and draws all other figures.
"""

from kg.plots.blocks import by_endpoint, favoured_sides, others, pooled_or_not, ratio_of
from kg.plots.forest import forest
from kg.plots.forest_text import Block, of_pool
from kg.plots.mechanism import mechanism_map
from kg.plots.network import network_plot
from kg.plots.picture import FORMATS, Picture
from kg.plots.timeline import Approval, timeline

__all__ = [
    "FORMATS",
    "Approval",
    "Block",
    "Picture",
    "by_endpoint",
    "favoured_sides",
    "forest",
    "mechanism_map",
    "network_plot",
    "of_pool",
    "others",
    "pooled_or_not",
    "ratio_of",
    "timeline",
]
