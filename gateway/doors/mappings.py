"""Doors of the integrator: what is in force and since when, another version, the one before; codes that no table has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.activation import ActivationError, Integration, Wanted, activate, roll_back
from gateway.problems import FieldFault, ProblemError
from gateway.register.mappings import Mappings
from gateway.replaying import replay
from gateway.reply import Reply
from gateway.versions import follow_decisions, keep_unknown
from mapping import MappingFaultsError, UnknownMappingError

if TYPE_CHECKING:
    from gateway.doors.door import Call
    from gateway.register.mappings import Decision


async def read_all(call: Call) -> Reply:
    """What is in force, and every mapping that could be."""
    versions = call.runtime.versions
    await follow_decisions(versions, call.runtime.database)
    return Reply(
        200, {"in_force": dict(sorted(versions.current.items())), "known": sorted(versions.catalogue.mappings)}
    )


async def history(call: Call) -> Reply:
    """Every decision, the newest first: the audit of mappings."""
    found = await call.runtime.database.read(lambda connection: Mappings(connection).history())
    return Reply(200, {"decisions": [_view(one) for one in reversed(found)]})


async def put_in_force(call: Call) -> Reply:
    """Another version, tried first on the last messages."""
    said = call.body
    try:
        trial = await activate(_integration(call), _wanted(call), said.mapping, force=said.force)
    except ActivationError as error:
        raise ProblemError(
            409, "activation_refusee", "Cette version n’a pas été mise en vigueur.", str(error)
        ) from None
    except UnknownMappingError as error:
        raise ProblemError(422, "correspondance_inconnue", "Cette correspondance n’existe pas.", str(error)) from None
    except MappingFaultsError as error:
        faults = tuple(FieldFault(f"{one.file}:{one.line}:{one.column}", one.message, one.hint) for one in error.faults)
        raise ProblemError(422, "correspondance_fautive", "Les fichiers ont des défauts.", faults=faults) from None
    return Reply(200, {"use": said.use, "mapping": said.mapping, "trial": trial.data})


async def put_back(call: Call) -> Reply:
    """The version that was in force before."""
    try:
        name = await roll_back(_integration(call), _wanted(call))
    except (ActivationError, UnknownMappingError) as error:
        raise ProblemError(409, "retour_refuse", "Le retour n’a pas eu lieu.", str(error)) from None
    return Reply(200, {"use": call.body.use, "mapping": name})


async def release(call: Call) -> Reply:
    """A parked message goes back to waiting, and leaves by the version that is in force then."""
    message_id = call.path["message_id"]
    by, now = call.principal.name, call.now
    record = await call.runtime.desk.message(message_id)
    if record is None:
        raise ProblemError(404, "message_inconnu", "Ce message n’est pas connu.")
    if await replay(call.runtime.desk, call.runtime.database, [message_id], by=by, exactly=False, now=now) == 0:
        raise ProblemError(409, "message_pas_parque", "Seul un message en attente d’une décision peut être rejoué.")
    return Reply(204)


async def unknown_codes(call: Call) -> Reply:
    """Codes that no table had: which, how often, when last."""
    await keep_unknown(call.runtime.versions, call.runtime.database, call.now)
    found = await call.runtime.database.read(lambda connection: Mappings(connection).unknown())
    rows = [
        {"table": one.table, "code": one.code, "times": one.times, "last_at": one.last_at.isoformat()} for one in found
    ]
    return Reply(200, {"codes": rows})


def _integration(call: Call) -> Integration:
    return Integration(call.runtime.versions, call.runtime.database, call.runtime.desk)


def _wanted(call: Call) -> Wanted:
    return Wanted(call.body.use, call.principal.name, call.body.why, call.now)


def _view(one: Decision) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "use": one.use,
        "mapping": one.mapping,
        "previous": one.previous,
        "kind": one.kind,
        "by": one.by,
        "why": one.why,
        "at": one.at.isoformat(),
    }
