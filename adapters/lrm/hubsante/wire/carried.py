"""Which messages a virtual host of the hub carries: the newest public list, for want of the production's, which is private.

`contract/carried-messages.csv` is the list of the public dispatcher (`supported.messages.csv`), by use case; the 15-SAS link is
not on it and has the one message that was made for it. A deployment whose hub carries something else says so in its settings.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from adapters.wire.perimeter import Perimeter

EVERYWHERE = frozenset({"reference", "error"})
"""RC-REF and RS-ERROR: on every virtual host."""
_ACTIVE = "active"
"""The version of a virtual host that follows the version in force: newer than any number."""


@cache
def _listed() -> dict[str, frozenset[str]]:
    table = files("adapters.lrm.hubsante").joinpath("contract/carried-messages.csv").read_text(encoding="utf-8")
    return {row["vhost"]: frozenset(row["messages"].split()) for row in csv.DictReader(table.splitlines())}


def carried_on(vhost: str) -> frozenset[str] | None:
    """The use cases of a virtual host, `EVERYWHERE` included.

    A version that is not listed has the list of the newest of its link; a link that is not listed has none: None, which
    holds nothing back.
    """
    listed = _listed()
    link = vhost.partition("_v")[0]
    versions = sorted((name for name in listed if name.partition("_v")[0] == link), key=_age)
    if not versions:
        return None
    return listed[vhost if vhost in listed else versions[-1]] | EVERYWHERE


NAMES = {
    "createCaseHealth": "RS-EDA",
    "createCaseHealthUpdate": "RS-EDA-MAJ",
    "resourcesInfo": "RS-RI",
    "resourcesStatus": "RS-SR",
    "resourcesRequest": "RS-DR",
    "resourcesResponse": "RS-RR",
    "resourcesEngagement": "RS-ER",
    "documentLink": "RS-URL",
    "interventionReport": "RS-BPV",
    "rpis": "RS-RPIS",
    "appointment": "RS-SAS-RDV",
    "createCase": "RC-EDA",
    "resourcesInfoCisu": "RC-RI",
    "emsi": "EMSI",
    "geoPositionsUpdate": "GEO-POS",
    "geoResourcesRequest": "GEO-REQ",
    "geoResourcesDetails": "GEO-RES",
}
"""Use case → the name that people use."""


def carries(perimeter: Perimeter, key: str) -> bool:
    """Whether a perimeter carries a use case: by its settings, else by the public list of its virtual host."""
    if key in EVERYWHERE:
        return True
    if perimeter.carries is not None:
        return NAMES.get(key) in perimeter.carries
    listed = carried_on(perimeter.vhost)
    return listed is None or key in listed


def _age(vhost: str) -> tuple[int, ...]:
    version = vhost.partition("_v")[2]
    return (1_000_000,) if version == _ACTIVE else tuple(int(part) for part in version.split("."))
