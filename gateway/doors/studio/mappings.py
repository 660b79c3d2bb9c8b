"""Doors of the integrator: what is in force and since when, another version, the one before; codes that no table has."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from gateway.doors.http.problems import FieldFault, ProblemError
from gateway.doors.http.reply import Reply
from gateway.mappings.activation import ActivationError, ActivationRequest, Integration, activate, roll_back
from gateway.mappings.replay import replay
from gateway.mappings.versions import follow_decisions, keep_unknown
from gateway.register.mappings.versions import Mappings
from mapping import MappingFaultsError, UnknownMappingError
from mapping.allow_list import POLICIES
from mapping.codes.rows import add_pair

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.doors.http.door import Call
    from gateway.register.mappings.versions import Decision
    from mapping import AllowList


async def read_all(call: Call) -> Reply:
    """What is in force, and every mapping that could be."""
    versions = call.runtime.versions
    await follow_decisions(versions, call.runtime.database)
    return Reply(
        200, {"in_force": dict(sorted(versions.current.items())), "known": sorted(versions.catalogue.mappings)}
    )


async def history(call: Call) -> Reply:
    """Every decision, the newest first: the audit of mappings."""
    decisions = await call.runtime.database.read(lambda connection: Mappings(connection).history())
    return Reply(200, {"decisions": [_view(decision) for decision in reversed(decisions)]})


async def put_in_force(call: Call) -> Reply:
    """Another version, tried first on the last messages."""
    body = call.body
    try:
        trial = await activate(_integration(call), _wanted(call), body.mapping, force=body.force)
    except ActivationError as error:
        raise ProblemError(
            409, "activation_refusee", "Cette version n’a pas été mise en vigueur.", str(error)
        ) from None
    except UnknownMappingError as error:
        raise ProblemError(422, "correspondance_inconnue", "Cette correspondance n’existe pas.", str(error)) from None
    except MappingFaultsError as error:
        faults = tuple(
            FieldFault(f"{fault.file}:{fault.line}:{fault.column}", fault.message, fault.hint) for fault in error.faults
        )
        raise ProblemError(422, "correspondance_fautive", "Les fichiers ont des défauts.", faults=faults) from None
    return Reply(200, {"use": body.use, "mapping": body.mapping, "trial": trial.data})


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
    by, now = call.principal.author, call.now
    record = await call.runtime.desk.message(message_id)
    if record is None:
        raise ProblemError(404, "message_inconnu", "Ce message n’est pas connu.")
    if await replay(call.runtime.desk, call.runtime.database, [message_id], by=by, exactly=False, now=now) == 0:
        raise ProblemError(409, "message_pas_parque", "Seul un message en attente d’une décision peut être rejoué.")
    return Reply(204)


async def unknown_codes(call: Call) -> Reply:
    """Codes that no table had: which, how often, when last."""
    await keep_unknown(call.runtime.versions, call.runtime.database, call.now)
    unknown = await call.runtime.database.read(lambda connection: Mappings(connection).unknown())
    lists = call.runtime.versions.catalogue.recipients
    rows = [
        {"table": row.table, "code": row.code, "times": row.times, "last_at": row.last_at.isoformat()}
        | {"policy": policy_of(lists, row.table)}
        for row in unknown
    ]
    return Reply(200, {"codes": rows})


def policy_of(lists: Mapping[str, AllowList], table: str) -> str:
    """What becomes of a code that this table lacks, for the recipient that it is named after."""
    listed = lists.get(table.partition("/")[0])
    return listed.policy(table) if listed else POLICIES[0]


async def add_row(call: Call) -> Reply:
    """One more pair in the deployment's files, where they can stand with it; in force when the files are."""
    body, settings = call.body, call.runtime.settings
    cells = {
        name: getattr(body, name) for name in ("canon", "wire", "label", "source", "version", "valid_from", "valid_to")
    }
    cells["lossy"] = "true" if body.lossy else ""
    if not settings.mapping_dirs:
        raise ProblemError(409, "dossier_absent", "Ce déploiement n’a pas de dossier de correspondances.")
    try:
        path = await asyncio.to_thread(add_pair, settings.mapping_dirs, body.table, cells)
    except UnknownMappingError as error:
        raise ProblemError(422, "table_inconnue", "Cette table n’existe pas.", str(error)) from None
    except MappingFaultsError as error:
        faults = tuple(
            FieldFault(f"{fault.file}:{fault.line}:{fault.column}", fault.message, fault.hint) for fault in error.faults
        )
        raise ProblemError(422, "paire_refusee", "Cette paire n’a pas été gardée.", faults=faults[:50]) from None
    except OSError:
        raise ProblemError(409, "dossier_ferme", "Le dossier de correspondances ne peut pas être écrit ici.") from None
    await call.runtime.write(lambda register: Mappings(register.connection).settle_unknown(body.table, body.canon))
    return Reply(201, {"table": body.table, "file": "/".join(path.parts[-3:])})


def _integration(call: Call) -> Integration:
    return Integration(call.runtime.versions, call.runtime.database, call.runtime.desk)


def _wanted(call: Call) -> ActivationRequest:
    return ActivationRequest(call.body.use, call.principal.author, call.body.why, call.now)


def _view(decision: Decision) -> dict[str, Any]:
    return {
        "seq": decision.seq,
        "use": decision.use,
        "mapping": decision.mapping,
        "previous": decision.previous,
        "kind": decision.kind,
        "by": decision.by,
        "why": decision.why,
        "at": decision.at.isoformat(),
    }
