"""Doors of an establishment's own software: it says, and reads, the persons of its own FINESS and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import orjson
from starlette.responses import Response

from adapters.wire.hl7.message import Hl7Error, Hl7Message, acknowledgement, read_message
from domain.errors import ConflictError, InvalidError, RuleError
from domain.mode import Mode
from domain.source import Source
from gateway.doors.http.reply import Reply
from gateway.flow.neighbour_words import Outcome, Speaker, hear
from mapping import MappingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from domain.canon.people import PersonDocument
    from domain.event import Event
    from domain.victim.victim import Victim
    from gateway.doors.http.door import Call
    from gateway.flow.neighbour_words import Hearing
    from gateway.register import Register
    from gateway.runtime import Runtime
    from gateway.settings.hospitals import HospitalSettings

SHOWN = ("birth_name", "used_name", "given_name", "birth_date", "sex")


async def admit(call: Call) -> Reply:
    """One word of an establishment, in JSON. 202 where a person must look at it."""
    word = call.body.model_dump(mode="json", exclude_none=True)
    hospital = agreed(call.runtime, call.principal.name)
    speaker = Speaker(Source.HOSPITAL, call.principal.name, call.principal.mode)
    own = own_word(hospital, word)

    def work(register: Register) -> Reply:
        hearing = hear(register, call.runtime.deployment, speaker, own, call.now)
        return Reply(202 if hearing.task_id else 200, hearing_view(hearing))

    return await call.change(work)


async def admit_hl7(call: Call) -> Response:
    """One ADT message over HTTP; answered by its ACK, as over MLLP."""
    answer = await heard_hl7(call.runtime, call.principal.name, call.principal.mode, call.body)
    return Response(answer, 200, media_type="application/hl7-v2")


async def expected(call: Call) -> Reply:
    """Who is oriented, under way or admitted to this establishment, in every open event of the mode."""
    finess = frozenset(agreed(call.runtime, call.principal.name).finess)
    if call.principal.person is not None:
        finess &= call.principal.person.sites

    def work(register: Register) -> Reply:
        events = [event for event in register.events.all(call.principal.mode) if event.status != "closed"]
        persons = [
            _person(event, victim)
            for event in events
            for victim in register.victims.of_event(event.id)
            if _place(victim, call.runtime).get("finess") in finess
        ]
        return Reply(200, {"persons": persons})

    return await call.runtime.read(work)


async def heard_hl7(runtime: Runtime, key: str, mode: Mode, raw: bytes) -> bytes:
    """The acknowledgement of one HL7 v2 message of an establishment; nothing is acknowledged before it is durable."""
    now, message = runtime.clock(), None
    try:
        message = read_message(raw)
        word = _word(runtime, mode, message)
        own = own_word(agreed(runtime, key), word)
        speaker = Speaker(Source.HOSPITAL, key, mode)
        hearing = await runtime.write(lambda register: hear(register, runtime.deployment, speaker, own, now))
    except Hl7Error as error:
        return acknowledgement(message, "AR", now, error.place, error.reason)
    except MappingError as error:
        return acknowledgement(message, "AR", now, error.path, error.reason)
    except RuleError as error:
        return acknowledgement(message, "AR", now, error.field or "", error.title)
    refused = hearing.outcome is Outcome.REFUSED
    return acknowledgement(message, "AE" if refused else "AA", now, hearing.field or "", hearing.title or "")


def agreed(runtime: Runtime, key: str) -> HospitalSettings:
    """What was agreed with the holder of that key. Raises `ConflictError` where nothing was."""
    hospital = runtime.settings.hospitals.get(key)
    if hospital is None:
        raise ConflictError(
            "etablissement_inconnu",
            "finess",
            "Aucun établissement n’est déclaré pour cette clé.",
            f"une section [hospitals.{key}] dans les réglages",
        )
    return hospital


def own_word(hospital: HospitalSettings, word: Mapping[str, Any]) -> PersonDocument:
    """The word with its establishment, which is one of the speaker's own. Raises `InvalidError` for another's."""
    finess = word.get("finess")
    if finess not in hospital.finess:
        if len(hospital.finess) > 1 or _looks_like_finess(finess):
            raise InvalidError(
                "finess_refuse",
                "finess",
                "Cet établissement n’est pas de ceux de cette clé.",
                ", ".join(hospital.finess),
            )
        finess = hospital.finess[0]
    completed = {**word, "finess": finess, "establishment": word.get("establishment") or hospital.name or finess}
    return cast("PersonDocument", completed)


def hearing_view(hearing: Hearing) -> dict[str, Any]:
    """What became of a word, for who said it: codes and our identifiers."""
    view = {
        "outcome": hearing.outcome.value,
        "event_id": hearing.event_id,
        "patient_id": hearing.patient_id,
        "task_id": hearing.task_id,
        "beside": list(hearing.beside) or None,
        "code": hearing.code,
        "field": hearing.field,
        "title": hearing.title,
    }
    return {name: value for name, value in view.items() if value is not None}


def _looks_like_finess(text: object) -> bool:
    return isinstance(text, str) and len(text) == 9 and text[:2].isalnum() and text[2:].isdigit()  # noqa: PLR2004 - nine characters


def _word(runtime: Runtime, mode: Mode, message: Hl7Message) -> dict[str, Any]:
    if message.training is (mode is Mode.ACTUAL):
        raise Hl7Error("MSH-11", "exercice et réel ne se mélangent jamais : P en réel, T en exercice")
    if message.kind != "ADT":
        raise Hl7Error("MSH-9", "ADT est attendu")
    return runtime.versions.shapes("hospital")["adt"].read(orjson.dumps(message.tree))


def _place(victim: Victim, runtime: Runtime) -> Mapping[str, Any]:
    admitted = victim.value("destination") if runtime.deployment.rules.admission_place_wins else None
    return admitted or victim.care.destination or {}


def _person(event: Event, victim: Victim) -> dict[str, Any]:
    return {
        "event_id": event.id,
        "patient_id": victim.id,
        "sinus_number": victim.sinus_number,
        "severity": victim.severity,
        "status": victim.status,
        "admitted_at": victim.value("admitted_at"),
        **{name: victim.value(name) for name in SHOWN},
    }
