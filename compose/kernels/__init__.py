"""Computations of torch that blocks, environments and passes share."""
