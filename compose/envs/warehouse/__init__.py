"""Warehouse: robots bring items to the cells that take them, and stand in each other's way."""

from compose.envs.warehouse.family import FAMILY
from compose.envs.warehouse.settings import Settings

__all__ = ["FAMILY", "Settings"]
