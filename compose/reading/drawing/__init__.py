"""A method drawn as a figure: what there is to draw (:mod:`picture`), where it goes, and how it is written."""

from compose.reading.drawing.build import draw
from compose.reading.drawing.overlay import overlay, sides
from compose.reading.drawing.picture import Box, Details, Edge, Output, Panel, Picture, Port

__all__ = ["Box", "Details", "Edge", "Output", "Panel", "Picture", "Port", "draw", "overlay", "sides"]
