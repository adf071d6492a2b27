"""Episodes as pictures: plain numbers that environments give, and the GIFs and strips that are drawn from them."""

from compose.envs.pictures.film import Film, Filmed, camera_of
from compose.envs.pictures.scene import Overlay
from compose.envs.pictures.write import GIF, STRIPS, gif, strip

__all__ = ["GIF", "STRIPS", "Film", "Filmed", "Overlay", "camera_of", "gif", "strip"]
