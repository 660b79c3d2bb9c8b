"""Documents of the register to try a mapping on: one patient, or the last messages of a use. Masked, and each look is in the audit.

It refuses to show anybody: names, numbers, dates and free texts have their form, never their content.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gateway.doors.http.problems import ProblemError
from gateway.doors.http.reply import Reply
from gateway.doors.studio.sample_documents import SampleDocumentError, live
from gateway.mappings.activation import Integration, last_messages
from gateway.mappings.versions import FILES
from mapping import UnknownMappingError

if TYPE_CHECKING:
    from gateway.doors.http.door import Call
    from gateway.register import Register
    from mapping import Mapping

LAST = 20
"""Messages at a look."""


async def read_live(call: Call) -> Reply:
    """One patient by its identifier, or the last messages that the mapping would have made."""
    try:
        shape = call.runtime.versions.catalogue.mapping(call.query.get("mapping", ""))
    except UnknownMappingError:
        raise ProblemError(404, "correspondance_inconnue", "Cette correspondance n’existe pas.") from None
    patient = call.query.get("patient")
    return Reply(
        200, {"documents": await (_messages(call, shape) if patient is None else _patient(call, shape, patient))}
    )


async def _patient(call: Call, shape: Mapping, patient: str) -> list[dict[str, Any]]:
    if shape.topic != "victim":
        raise ProblemError(422, "autre_sujet", "Cette correspondance ne lit pas de patient.")

    def look(register: Register) -> dict[str, Any]:
        document = live(register, patient, shape.recipient)
        if document["mode"] != call.runtime.settings.mode:
            raise SampleDocumentError(patient)
        register.audit.note(call.principal.author, "mapping.patient_seen", patient, call.now, {"mapping": shape.name})
        return document

    try:
        document = await call.runtime.write(look)
    except SampleDocumentError:
        raise ProblemError(404, "patient_inconnu", "Aucun patient du registre ne porte cet identifiant.") from None
    return [{"name": f"registre : {patient}, masqué", "case": None, "document": document}]


async def _messages(call: Call, shape: Mapping) -> list[dict[str, Any]]:
    runtime, family = call.runtime, shape.name.partition("@")[0]
    uses = sorted(
        use for use, name in runtime.versions.current.items() if name.startswith(f"{family}@") and use != FILES
    )
    if not uses:
        return []
    integration = Integration(runtime.versions, runtime.database, runtime.desk)
    documents = await last_messages(integration, uses[0], shape.topic, LAST)
    facts = {"mapping": shape.name, "documents": len(documents)}
    await runtime.write(
        lambda register: register.audit.note(call.principal.author, "mapping.messages_seen", uses[0], call.now, facts)
    )
    return [
        {"name": f"message {name[-8:]}, masqué", "case": None, "document": document} for name, document in documents
    ]
