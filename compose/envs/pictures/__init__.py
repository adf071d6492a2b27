"""Episodes as pictures: what an environment says of itself as plain numbers, and the GIFs and strips drawn from that."""

from compose.envs.pictures.film import Film, Filmed, camera_of
from compose.envs.pictures.write import GIF, STRIPS, gif, strip

__all__ = ["GIF", "STRIPS", "Film", "Filmed", "camera_of", "gif", "strip"]
