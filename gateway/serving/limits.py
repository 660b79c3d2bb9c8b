"""What one connection may send and how long it may take, and how many there may be: the same for everybody, key or none."""

from __future__ import annotations

import resource
from dataclasses import dataclass

KEPT_DESCRIPTORS = 256
"""Files of this process that connections never take: the database, the outgoing links, the log."""
FEWEST = 16


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a server."""

    address_bytes: int = 8 * 1024
    """Of the request target."""
    header_bytes: int = 32 * 1024
    """Of all header fields together; the same again for the framing and the trailers of a chunked body."""
    head_seconds: float = 10
    """From a connection's first moment, or the first byte after an answer, to the end of the headers; the TLS handshake as well."""
    request_seconds: float = 60
    """To the end of the body."""
    stall_seconds: float = 60
    """A reader that takes nothing of its answer for so long is hung up on."""
    connections: int = 512

    def places(self, descriptors: int) -> int:
        """How many connections may be open, of so many descriptors: never so many that an outgoing link finds none."""
        if descriptors == resource.RLIM_INFINITY:
            return self.connections
        return max(FEWEST, min(self.connections, descriptors - KEPT_DESCRIPTORS))


def descriptors() -> int:
    """How many files this process may have open."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def raise_descriptor_limit(wanted: int) -> None:
    """Ask the system for as many files as the connections and everything else need, up to what it allows this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        ceiling = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (ceiling, hard))
