"""Pictures of the evidence as SVG, PNG or PDF: text stays text, nothing is told by colour alone, light and dark.

Drawn by matplotlib, which writes all three formats by itself, without a browser or a system library.
"""

from kg.plots.forest import Block, forest, of_pool
from kg.plots.mechanism import mechanism_map
from kg.plots.network import network_plot
from kg.plots.picture import FORMATS, Picture
from kg.plots.timeline import Approval, timeline

__all__ = ["FORMATS", "Approval", "Block", "Picture", "forest", "mechanism_map", "network_plot", "of_pool", "timeline"]
