"""What a neighbour's own contract says of a document: its elements, which must be there, in which order, with which codes.

One form for every language that contracts are written in (XSD, WSDL, JSON Schema, FHIR R4), so that mappings are checked
the same way against all of them. It refuses to fetch anything: a contract is a file that was given to us.
"""

from mapping.contracts.part import Level, Part
from mapping.contracts.search import Contracts

__all__ = ["Contracts", "Level", "Part"]
