"""Reading several entities under a mask."""
