"""The news of a simulated neighbour: said by a trainer or a test at its control door, read by whoever polls.

POST /_sandbox/nouvelles   one piece of news of the contract, or a list: the neighbour has it to say from now on
GET  …/nouvelles?apres=N   the contract's own door: at most `PAGE` of them, after the cursor
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from adapters.wire.simulated import faulty

if TYPE_CHECKING:
    from starlette.requests import Request

    from adapters.wire.simulated import FaultScript

PAGE = 100


class SimulatedNews:
    """What the neighbour has said so far, the oldest first. The cursor is the number of pieces already read."""

    def __init__(self, mode: str) -> None:
        """`mode`: `Actual` or `Exercise`."""
        self._mode = mode
        self.said: list[dict[str, Any]] = []

    def clear(self) -> None:
        """Nothing was ever said."""
        self.said.clear()

    def routes(self, path: str, script: FaultScript) -> list[Route]:
        """The contract's door at `path`, with the faults of the script, and the control door."""
        return [
            Route(path, faulty(self._page, script), methods=["GET"]),
            Route("/_sandbox/nouvelles", self._say, methods=["POST"]),
        ]

    async def _page(self, request: Request) -> Response:
        after = request.query_params.get("apres", "0")
        if not (after.isdecimal() and len(after) < 10):  # noqa: PLR2004 - a rank, not an attack
            return JSONResponse({"code": "non_conforme", "champ": "apres"}, 422)
        first = int(after)
        last = min(first + PAGE, len(self.said))
        page = {
            "mode": self._mode,
            "curseur": str(max(first, last)),
            "reste": last < len(self.said),
            "nouvelles": self.said[first:last],
        }
        return Response(orjson.dumps(page), media_type="application/json")

    async def _say(self, request: Request) -> Response:
        try:
            document = orjson.loads(await request.body())
        except orjson.JSONDecodeError:
            return JSONResponse({"title": "Attendu : une nouvelle du contrat, ou une liste."}, 422)
        self.said += document if isinstance(document, list) else [document]
        return JSONResponse({"nouvelles": len(self.said)}, 201)
