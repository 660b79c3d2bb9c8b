"""Shapes: declarative mapping files, code tables, the engine that compiles them, and the allow-list of each recipient.

It refuses to know how bytes travel.
"""

from mapping.allow_list import AllowList
from mapping.catalogue import SHIPPED, Catalogue, Mapping, load_catalogue, shipped
from mapping.codes.tables import CodeTable
from mapping.errors import MappingError, UnknownMappingError
from mapping.faults import Fault, MappingFaultsError

__all__ = [
    "SHIPPED",
    "AllowList",
    "Catalogue",
    "CodeTable",
    "Fault",
    "Mapping",
    "MappingError",
    "MappingFaultsError",
    "UnknownMappingError",
    "load_catalogue",
    "shipped",
]
