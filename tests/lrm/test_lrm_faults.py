"""What an answer that is not the expected one means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest
from lxml import etree

from adapters.lrm.soap import open_lrm
from adapters.lrm.soap.client import NAMESPACE
from adapters.lrm.soap.faults import TITLES, FaultReason, refused_by_lrm
from adapters.wire.link import Link
from adapters.wire.soap.client import FaultAnswerError
from adapters.wire.soap.server import SoapFault, seal, seal_fault
from outbox.errors import PermanentDeliveryError, TransientDeliveryError
from tests.lrm.lrm_pair import Pair, cancellation, request, shipped
from tests.lrm.test_lrm_requests import enumeration


def answering(pair: Pair, answer: bytes, status: int = 200) -> Any:
    """Our side of a link to a CRRA that always answers the same."""
    wire = httpx.MockTransport(lambda _: httpx.Response(status, content=answer, headers={"Content-Type": "text/xml"}))
    return open_lrm(Link(url="http://crra.essai"), shipped(), wire, clock=pair.clock)


@pytest.mark.parametrize(
    ("request_id", "mode", "field"),
    [("AUTRE", "Actual", "accuse.idDemande"), ("DEMANDE-ESSAI-1", "Exercise", "accuse.mode")],
)
async def test_an_answer_for_another_request_is_believed_by_nobody(
    pair: Pair, request_id: str, mode: str, field: str
) -> None:
    """A valid acknowledgement of something else is parked, with the field that gives it away."""
    body = etree.fromstring(
        f'<DemanderInterventionResponse xmlns="{NAMESPACE}"><accuse><idDemande>{request_id}</idDemande><mode>{mode}</mode>'
        "<etat>RECUE</etat><recuLe>2026-01-01T07:00:00Z</recuLe><etatLe>2026-01-01T07:00:00Z</etatLe>"
        "<doublon>false</doublon></accuse></DemanderInterventionResponse>"
    )
    with pytest.raises(PermanentDeliveryError) as refused:
        await answering(pair, seal(body)).deliver(request())
    assert (refused.value.cause.code, refused.value.cause.detail) == ("lrm.accuse", field)


async def test_a_software_without_dossier_keeps_the_known_reference(pair: Pair) -> None:
    """When the answer names no dossier the lane's reference stays what it was."""
    body = etree.fromstring(
        f'<AnnulerDemandeResponse xmlns="{NAMESPACE}"><accuse><idDemande>DEMANDE-ESSAI-1</idDemande><mode>Actual</mode>'
        "<etat>ANNULEE</etat><recuLe>2026-01-01T07:00:00Z</recuLe><etatLe>2026-01-01T07:00:00Z</etatLe>"
        "<doublon>false</doublon></accuse></AnnulerDemandeResponse>"
    )
    receipt = await answering(pair, seal(body)).deliver(replace(cancellation(), reference="26-000042"))
    assert (receipt.reference, receipt.facts["dossier"]) == ("26-000042", None)


@pytest.mark.parametrize(("code", "error"), [("Server", TransientDeliveryError), ("Client", PermanentDeliveryError)])
async def test_a_fault_without_our_detail_is_judged_by_soap(pair: Pair, code: Any, error: type) -> None:
    """Server may pass later, Client never will; the words of the fault are not repeated."""
    with pytest.raises(error) as refused:
        await answering(pair, seal_fault(SoapFault(code, "TESTE Angèle est inconnue")), 500).deliver(request())
    assert "Angèle" not in str(refused.value)


def test_every_code_of_the_contract_has_its_meaning() -> None:
    """The codes of the XSD and those of the table are the same; each has a French title of its own and one thing to do next."""
    assert sorted(enumeration("CodeFaute")) == sorted(FaultReason) == sorted(TITLES)
    assert len(set(TITLES.values())) == len(TITLES)
    met = {reason: refused_by_lrm(fault(code=reason.value, correlation="c1")) for reason in FaultReason}
    transient = {reason.value for reason, error in met.items() if isinstance(error, TransientDeliveryError)}
    assert transient == {"JETON_PERIME", "INDISPONIBLE", "ERREUR_INTERNE"}
    assert {error.cause.code for error in met.values()} == {f"lrm.{reason.value.lower()}" for reason in FaultReason}


def fault(**detail: Any) -> FaultAnswerError:
    """A soap:Fault as the client gives it."""
    return FaultAnswerError("Client", "texte", detail, (b"sent", b"answered"))


def test_a_fault_that_quotes_a_value_is_not_repeated() -> None:
    """Only names of the contract's own elements are shown, whatever a careless editor answers."""
    error = refused_by_lrm(
        fault(code="SCHEMA", champ=["demande.patient.nom", "TESTE", "patient TESTE"], correlation="c 1")
    )
    assert error.cause.detail == "demande.patient.nom"
