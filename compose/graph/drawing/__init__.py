"""A method drawn as a figure: what there is to draw (:mod:`picture`), where it goes, and how it is written."""

from compose.graph.drawing.build import draw
from compose.graph.drawing.overlay import overlay, sides
from compose.graph.drawing.picture import Box, Details, Edge, Output, Panel, Picture, Port

__all__ = ["Box", "Details", "Edge", "Output", "Panel", "Picture", "Port", "draw", "overlay", "sides"]
