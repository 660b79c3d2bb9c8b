"""Which messages a virtual host of the hub carries: the newest public list, for want of the production's, which is private.

`contract/carried-messages.csv` is the list of the public dispatcher (`supported.messages.csv`), by use case; the 15-SAS link is
not on it and has the one message that was made for it. A deployment whose hub carries something else says so in its settings.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

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


def _age(vhost: str) -> tuple[int, ...]:
    version = vhost.partition("_v")[2]
    return (1_000_000,) if version == _ACTIVE else tuple(int(part) for part in version.split("."))
