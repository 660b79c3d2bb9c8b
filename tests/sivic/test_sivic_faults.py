"""Every fault of SI-VIC has its meaning."""

from __future__ import annotations

import pytest
from lxml import etree

from adapters.sivic.client import WSDL
from adapters.sivic.faults import FaultCode, delivery_error, meaning
from adapters.sivic.simulator import REFUSALS
from adapters.wire.soap.client import FaultAnswerError
from outbox.errors import PermanentDeliveryError, TransientDeliveryError

TRANSIENT = {FaultCode.EVENEMENT_INCONNU, FaultCode.SERVICE_INDISPONIBLE}
XS = "{http://www.w3.org/2001/XMLSchema}"


def test_the_codes_are_those_of_the_contract() -> None:
    """The enumeration of the XSD and ours hold the same codes, none more, none less."""
    schema = etree.parse(WSDL.with_suffix(".xsd"))
    listed = schema.iterfind(f"{XS}simpleType[@name='CodeFaute']/{XS}restriction/{XS}enumeration")
    assert {node.get("value") for node in listed} == {code.value for code in FaultCode}


def test_the_simulator_can_say_every_code() -> None:
    """Besides the two codes of the door itself, each refusal has its sentence."""
    assert set(REFUSALS) | {FaultCode.SCHEMA, FaultCode.SERVICE_INDISPONIBLE} == set(FaultCode)


@pytest.mark.parametrize("code", FaultCode)
def test_a_code_is_transient_or_permanent(code: FaultCode) -> None:
    """Only what another lane or time will mend is tried again; each code has a French sentence and keeps its fields."""
    fault = FaultAnswerError("Client", "MOT-SECRET", {"code": code.value, "champ": ["personne.nir"]}, (b"sent", b"got"))
    error = delivery_error(fault)
    assert type(error) is (TransientDeliveryError if code in TRANSIENT else PermanentDeliveryError)
    assert error.cause.code == f"sivic.{code.value.lower()}"
    assert error.cause.title == meaning(code)[1]
    assert error.cause.detail == "personne.nir"
    assert (error.sent, error.answered) == (b"sent", b"got")
    assert "MOT-SECRET" not in repr(error)


@pytest.mark.parametrize(
    ("code", "kind"),
    [("Server", TransientDeliveryError), ("Client", PermanentDeliveryError), ("Autre", PermanentDeliveryError)],
)
def test_a_fault_without_a_code_means_what_soap_says(code: str, kind: type[Exception]) -> None:
    """`Server` may succeed later; anything else, known or not, is for a person."""
    assert type(delivery_error(FaultAnswerError(code, "", {}, (b"", b"")))) is kind


def test_a_code_that_no_contract_knows_is_for_a_person() -> None:
    """A newer neighbour's code is not guessed: SOAP's own word decides."""
    error = delivery_error(FaultAnswerError("Client", "", {"code": "NOUVEAU"}, (b"", b"")))
    assert type(error) is PermanentDeliveryError
