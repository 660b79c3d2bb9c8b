"""How a reference finds its resource inside a message: by fullUrl, by type and id, inside a container, or by a business identifier. Pure.

Real systems write `urn:uuid:…`, the address of their own server, or `Patient/1`, with a fullUrl that is one of these or is missing. Nothing outside
the message is looked for, and a name that two resources bear designates neither.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from adapters.wire.fhir.vocabulary import Issue, PlacedResource, Resource

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSION = re.compile(r"/_history/[^/]+$")
_TYPED = re.compile(r"(?:(?P<base>.*)/)?(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9.\-]{1,64})")


class Names:
    """Every name of every resource of one message."""

    def __init__(self, placed: Sequence[PlacedResource], issues: list[Issue]) -> None:
        """Names that two resources bear are warned of, and designate neither."""
        self._placed = placed
        self._by_name: dict[str, PlacedResource | None] = {}
        self._issues = issues
        self._supposed: set[str] = set()
        for each in placed:
            if each.container is None:
                self._name(each, issues)

    def _name(self, placed: PlacedResource, issues: list[Issue]) -> None:
        url = normal(placed.url)
        identifier = placed.resource.get("id")
        names = {url, f"{placed.type}/{identifier}" if isinstance(identifier, str) else ""}
        if (typed := _TYPED.fullmatch(url)) and typed["type"] == placed.type:
            names.add(f"{typed['type']}/{typed['id']}")
        for name in names - {""}:
            if name not in self._by_name:
                self._by_name[name] = placed
                continue
            self._by_name[name] = None
            if name == url:
                text = "Deux entrées portent le même fullUrl : il n’en désigne aucune."
                place = f"{placed.path.removesuffix('.resource')}.fullUrl"
                issues.append(Issue("FULLURL_DOUBLE", "structure", text, place, "warning"))

    def resolve(self, holder: PlacedResource, reference: Resource) -> PlacedResource | None:
        """The resource that a Reference of `holder` designates, or None."""
        literal = reference.get("reference")
        if isinstance(literal, str) and literal:
            return self._contained(holder, literal[1:]) if literal[0] == "#" else self._literal(holder, literal)
        identifier = reference.get("identifier")
        return self._identified(identifier, reference.get("type")) if isinstance(identifier, dict) else None

    def _contained(self, holder: PlacedResource, identifier: str) -> PlacedResource | None:
        container = holder.container or holder
        if not identifier:
            return container
        inside = (each for each in self._placed if each.container is container)
        return next((each for each in inside if each.resource.get("id") == identifier), None)

    def _literal(self, holder: PlacedResource, literal: str) -> PlacedResource | None:
        name = normal(literal)
        if (known := self._by_name.get(name)) is not None:
            return known
        typed = _TYPED.fullmatch(name)
        if typed is None:
            return None
        own = (holder.container or holder).url
        base = _TYPED.fullmatch(own)
        if not typed["base"]:
            beside = self._by_name.get(f"{base['base']}/{name}") if base and base["base"] else None
            return beside or self._nameless(typed["type"])
        # The address of a server, where the entries themselves are written without one.
        known = self._by_name.get(f"{typed['type']}/{typed['id']}")
        return known if known is not None and not known.url.startswith("http") else None

    def _nameless(self, kind: str) -> PlacedResource | None:
        """The only resource of its type, when nothing could have named it."""
        alike = [each for each in self._placed if each.type == kind and each.container is None]
        if len(alike) != 1 or alike[0].url or "id" in alike[0].resource:
            return None
        if kind not in self._supposed:
            self._supposed.add(kind)
            text = (
                f"L’entrée {kind} n’a ni fullUrl ni id : comme elle est seule de son type, la référence est comprise."
            )
            self._issues.append(Issue("REFERENCE_COMPRISE", "business-rule", text, alike[0].path, "warning"))
        return alike[0]

    def _identified(self, identifier: Resource, kind: Any) -> PlacedResource | None:  # noqa: ANN401 - JSON as it comes
        wanted = (identifier.get("system"), identifier.get("value"))
        if not wanted[1]:
            return None
        alike = [
            each
            for each in self._placed
            if isinstance(kept := each.resource.get("identifier"), list)
            and any(isinstance(slot, dict) and (slot.get("system"), slot.get("value")) == wanted for slot in kept)
            and kind in {None, each.type}
        ]
        return alike[0] if len(alike) == 1 else None


def normal(name: str) -> str:
    """A name as it is compared: without its version, and a UUID in small letters."""
    name = _VERSION.sub("", name.strip()) if "/_history/" in name else name.strip()
    return name.lower() if name[:9].lower() == "urn:uuid:" else name
