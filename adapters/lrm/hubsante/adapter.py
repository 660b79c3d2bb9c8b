"""The Hub Santé as a destination: cases of victims and requests, counts, and the answers to what was received.

`delivered` means that the broker confirmed: the hub holds the message. What its recipient made of it comes later, through
`inbound`. It refuses to publish what our own rules, or the official models where a deployment has them, find wrong.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import orjson

from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.emission.again import SentMessage, read_again
from adapters.lrm.hubsante.emission.cases import CREATE, PICTURE, UPDATE, case_body, case_id, picture_body, update_body
from adapters.lrm.hubsante.emission.contents import KEYS, OF_A_VICTIM, content_of
from adapters.lrm.hubsante.emission.older_models import UnsaidError
from adapters.lrm.hubsante.emission.rules import emission_faults
from adapters.lrm.hubsante.faults import Code
from adapters.lrm.hubsante.models.releases import as_release
from adapters.lrm.hubsante.perimeters import REPLY
from adapters.lrm.hubsante.reading.content import reading_of
from adapters.lrm.hubsante.wire.carried import NAMES, carries
from adapters.lrm.hubsante.wire.documents import Format
from adapters.lrm.hubsante.wire.envelope import Envelope as Edxl
from adapters.lrm.hubsante.wire.envelope import Party, write_envelope, write_header
from adapters.lrm.hubsante.wire.replies import Answerer, Step, acknowledge, refuse
from adapters.wire.http import refuse_other_mode
from mapping import MappingError
from outbox.errors import PermanentDeliveryError
from outbox.message import Receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from adapters.lrm.hubsante.client import HubConnection, LinkState, Take
    from adapters.lrm.hubsante.judge.findings import Finding
    from adapters.lrm.hubsante.judge.judgement import Judge
    from adapters.lrm.hubsante.reading.content import Reading
    from adapters.wire.link import Link
    from adapters.wire.perimeter import Perimeter
    from mapping import Mapping as MappingFile
    from outbox.message import ClaimedMessage, Envelope

CANCEL = "intervention.cancel"
TO = "@"
"""In a reference, between the shared case id and the client that has the case."""
LIFE = timedelta(days=1)
CONFIRMED = b"basic.ack"
"""All that a broker answers: it holds the message."""
_SHOWN = 5


class HubAdapter:
    """Publishes on the perimeter of each topic; one mapping per topic."""

    name = "hub"

    def __init__(  # noqa: PLR0913 - what a hub is made of
        self,
        link: Link,
        perimeters: Iterable[Perimeter],
        connections: Mapping[str, HubConnection],
        mappings: Mapping[str, MappingFile],
        judges: Mapping[int, Judge],
        clock: Callable[[], datetime],
    ) -> None:
        self._link = link
        self._perimeters = tuple(perimeters)
        self._connections = connections
        self._mappings = mappings
        self._judges = judges
        self._clock = clock
        self._reading = reading_of(mappings)

    async def deliver(self, claimed: ClaimedMessage) -> Receipt:
        """Publish one message; the receipt's reference is the shared case id and who has it, its facts name the distributionID."""
        refuse_other_mode(claimed, self._link, self.name)
        envelope = claimed.envelope
        perimeter = self._perimeter(envelope)
        identifier = f"{perimeter.client_id}_{envelope.id}"
        if envelope.topic == REPLY:
            tree, key, case = self._reply(envelope.body, perimeter, identifier), "reply", None
        else:
            tree, key, case = self._message(claimed, perimeter, identifier)
        self._check(tree, perimeter)
        body, content_type = self._written(tree, perimeter)
        recipient = tree["descriptor"]["explicitAddress"]["explicitAddressValue"]
        return await self._publish(perimeter, body, SentMessage(identifier, content_type, recipient, key, case))

    async def resend(self, claimed: ClaimedMessage) -> Receipt:
        """Publish once more the very bytes of the last attempt, under the same distributionID."""
        refuse_other_mode(claimed, self._link, self.name)
        perimeter = self._perimeter(claimed.envelope)
        reading = read_again(claimed.exact, self._judges.get(perimeter.model), self._clock())
        match claimed.envelope.topic:
            case "counts":  # A picture of the situation names its event in words of its own.
                reading = replace(reading, case=case_id(perimeter.client_id, claimed.envelope.body["event"]["id"]))
            case topic if topic == REPLY:  # An answer is of no case of ours.
                reading = replace(reading, key="reply", case=None)
        return await self._publish(perimeter, claimed.exact, reading)

    async def _publish(self, perimeter: Perimeter, body: bytes, reading: SentMessage) -> Receipt:
        await self._connections[perimeter.vhost].publish(body, reading.content_type, reading.identifier)
        facts = {
            "distribution_id": reading.identifier,
            "vhost": perimeter.vhost,
            "message": reading.key,
            "case_id": reading.case,
            "recipient": reading.recipient,
        }
        reference = f"{reading.case}{TO}{reading.recipient}" if reading.case else None
        return Receipt(reference=reference, sent=body, answered=CONFIRMED, facts=facts)

    @property
    def judges(self) -> Mapping[int, Judge]:
        """The official schemas of the models that our perimeters speak, where a deployment has them."""
        return self._judges

    @property
    def reading(self) -> Reading:
        """How what comes in is read: by the mappings in force."""
        return self._reading

    @property
    def links(self) -> tuple[LinkState, ...]:
        """How each perimeter that was opened stands."""
        return tuple(connection.state for connection in self._connections.values() if connection.opened)

    def listen(self, take: Take) -> None:
        """Connect every perimeter and consume its queues; `take` returns once a message is durable."""
        for connection in self._connections.values():
            connection.open(take)

    async def aclose(self) -> None:
        """Close every connection."""
        for connection in self._connections.values():
            await connection.aclose()

    def _perimeter(self, envelope: Envelope) -> Perimeter:
        if envelope.topic == REPLY:
            carriers = [carrier for carrier in self._perimeters if carrier.vhost == envelope.body.get("vhost")]
        else:
            carriers = [carrier for carrier in self._perimeters if envelope.topic in carrier.topics]
            carriers = _carrying(carriers, envelope.topic)
        to = envelope.body.get("to")
        known = (carrier for carrier in carriers if to in carrier.recipients or to in carrier.recipients.values())
        for perimeter in (*known, *carriers):
            return perimeter
        raise PermanentDeliveryError("hub.sujet", "Aucun périmètre du hub ne porte ce sujet.", envelope.topic)

    def _message(
        self, claimed: ClaimedMessage, perimeter: Perimeter, identifier: str
    ) -> tuple[dict[str, Any], str, str]:
        envelope, mine = claimed.envelope, perimeter.client_id
        mapped = self._mapped(envelope)
        known = (claimed.reference or "").rpartition(TO)[2]
        if envelope.topic in KEYS:
            return self._content(claimed, mapped, perimeter, identifier, known)
        # A cancellation names no CRRA: it follows its request.
        recipient = (envelope.topic == CANCEL and known) or perimeter.recipient_of(mapped.get("crra"))
        if not recipient:
            raise PermanentDeliveryError("hub.destinataire", "Aucun destinataire du hub n’est réglé pour ce message.")
        first = known != recipient
        if envelope.topic == "counts":
            key, case = PICTURE, case_id(mine, envelope.body["event"]["id"])
            body = picture_body(mapped, identifier, first=first)
        else:
            opens = first and envelope.topic != CANCEL
            key, write = (CREATE, case_body) if opens else (UPDATE, update_body)
            body = write(mapped, mine, recipient, perimeter.model)
            case = body["caseId"]
        return self._enclosed(envelope, perimeter, identifier, recipient, {key: body}, update=not first), key, case

    def _content(
        self, claimed: ClaimedMessage, mapped: dict[str, Any], perimeter: Perimeter, identifier: str, known: str
    ) -> tuple[dict[str, Any], str, str]:
        """What speaks of a case already shared, or of none."""
        envelope = claimed.envelope
        of_a_victim = envelope.topic in OF_A_VICTIM
        if of_a_victim and not known:
            raise PermanentDeliveryError("hub.dossier", "Le dossier de cette victime n’est pas encore partagé au hub.")
        recipient = known if of_a_victim else perimeter.recipient_of(mapped.get("to"))
        if not recipient:
            raise PermanentDeliveryError("hub.destinataire", "Aucun destinataire du hub n’est réglé pour ce message.")
        try:
            key, body = content_of(envelope.topic, mapped, perimeter.client_id, perimeter.model)
        except UnsaidError as error:
            raise PermanentDeliveryError(
                "hub.modele", "Le modèle de ce périmètre ne dit pas ce message.", str(error)
            ) from error
        judge = self._judges.get(perimeter.model)
        if judge is not None and key in judge.models.types:
            body = as_release(judge.models.types[key], body)
        again = of_a_victim or key == UPDATE
        tree = self._enclosed(envelope, perimeter, identifier, recipient, {key: body}, update=again)
        return tree, key, body.get("caseId", "")

    def _enclosed(  # noqa: PLR0913 - what an envelope says
        self,
        envelope: Envelope,
        perimeter: Perimeter,
        identifier: str,
        recipient: str,
        content: dict[str, Any],
        *,
        update: bool,
    ) -> dict[str, Any]:
        now = self._clock()
        edxl = Edxl(
            distribution_id=identifier,
            sender=perimeter.client_id,
            recipient=recipient,
            sent_at=now,
            expires_at=envelope.expires_at or now + LIFE,
            status=envelope.mode,
            kind="Update" if update else "Report",
        )
        header = write_header(edxl, _party(perimeter), Party(recipient, f"hubex:{recipient}"))
        return write_envelope(edxl, {**header, **content})

    def _mapped(self, envelope: Envelope) -> dict[str, Any]:
        mapping = self._mappings.get(envelope.topic)
        if mapping is None:
            raise PermanentDeliveryError("hub.sujet", "Aucune correspondance du hub pour ce sujet.", envelope.topic)
        try:
            return mapping.apply(envelope.body)
        except MappingError as error:
            raise PermanentDeliveryError(
                "hub.mapping", "La correspondance du hub ne s’applique pas au message.", f"{error.path}: {error.reason}"
            ) from error

    def _reply(self, body: dict[str, Any], perimeter: Perimeter, identifier: str) -> dict[str, Any]:
        """An answer to a message received: the RS-ERROR when a code is given, else the RC-REF."""
        now = self._clock()
        received = Edxl(
            distribution_id=body["about"],
            sender=body["to"],
            recipient=perimeter.client_id,
            sent_at=now,
            expires_at=now + LIFE,
            status=body["status"],
            kind="Report",
        )
        answerer = Answerer(perimeter.client_id, _party(perimeter), perimeter.model)
        if body.get("code") is not None:
            return refuse(received, answerer, identifier, now, Code(body["code"]), body["cause"])
        step = Step(body["step"]) if body.get("step") else None
        error = f"{perimeter.client_id}_{body['error']}" if body.get("error") else None
        to = Party(body["to"], f"hubex:{body['to']}")
        return acknowledge(received, to, answerer, identifier, now, step=step, error_id=error)

    def _check(self, tree: dict[str, Any], perimeter: Perimeter) -> None:
        findings = emission_faults(tree, perimeter.model, perimeter.client_id)
        judge = self._judges.get(perimeter.model)
        if not findings and judge is not None:
            findings = judge.judge_tree(tree, flags=False, releases=False).faults
        if findings:
            raise PermanentDeliveryError(
                "hub.regles", "Le message n’est pas conforme au contrat du hub.", _told(findings)
            )

    def _written(self, tree: dict[str, Any], perimeter: Perimeter) -> tuple[bytes, str]:
        judge = self._judges.get(perimeter.model)
        if perimeter.form == "xml" and judge is not None:
            return xml_bytes(to_xml(tree, judge.models)), Format.XML.value
        return orjson.dumps(tree), Format.JSON.value


def _carrying(perimeters: list[Perimeter], topic: str) -> list[Perimeter]:
    """Those of the topic's perimeters whose hub carries its message; a refusal that names it when there is none."""
    key = KEYS.get(topic) or (PICTURE if topic == "counts" else CREATE)
    carriers = [perimeter for perimeter in perimeters if carries(perimeter, key)]
    if perimeters and not carriers:
        where = ", ".join(perimeter.vhost for perimeter in perimeters)
        title = "Le hub ne porte pas ce message sur ce périmètre, d’après sa liste : « carries » dans les réglages."
        raise PermanentDeliveryError("hub.perimetre", title, f"{NAMES[key]} : {where}")
    return carriers


def _party(perimeter: Perimeter) -> Party:
    return Party(f"{perimeter.name}-{perimeter.client_id}", f"{perimeter.vendor}:{perimeter.client_id}")


def _told(findings: tuple[Finding, ...]) -> str:
    """Paths and rules only: a finding holds no value of the message."""
    return " ; ".join(str(finding) for finding in findings[:_SHOWN])
