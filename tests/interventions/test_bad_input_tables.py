"""Every element of the tables, at the door: absent, of another shape, too many, too long. Made from the tables themselves, so that none is left out.

The FHIR table is `adapters.wire.fhir.elements`, the SOAP one is the published XSD, the JSON one is the model that the contract is written from.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, get_args, get_origin

import pytest
from lxml import etree

from adapters.wire.fhir.elements import MOST_OF, PARTS, RESOURCES, Element
from gateway.doors.interventions.schemas import LenientModel, NewIntervention
from gateway.doors.interventions.soap import WSDL
from tests.fhir.bundles import example, resource
from tests.interventions.soap_words import NAMESPACE, envelope
from tests.interventions.stage import click
from tests.interventions.wires import WIRES, check_refusal, kept, named
from tests.servers.live_house import LiveHouse, live_house

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.interventions.wires import Said

JSON, MESSAGE, _, SOAP, _ = WIRES
LONG = "é" * 30_000
KEYS = frozenset({"request_id", "message_id", "mode"})
"""What must be read for sure, or acting would be wrong."""
SHAPES = 3
"""What follows the first three is of a shape that is no text."""
DECIDING = frozenset({"patient", "demandeur", "lieu", "crra", "idDemande", "idMessage", "mode"})
"""Of these two would leave the CRRA to guess."""
XS = "{http://www.w3.org/2001/XMLSchema}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the gateway keeps its rows."""
    return tmp_path_factory.mktemp("tables")


@pytest.fixture(scope="module")
def house(folder: Path) -> Iterator[LiveHouse]:
    """One gateway for all the tables."""
    with live_house(folder) as opened:
        yield opened


def breaches(name: str, element: Element, value: Any) -> Iterator[tuple[str, Any]]:
    """Each way to write one element wrongly; the value is a right one, or None where the example has none."""
    text = element.kind not in PARTS and element.kind not in {"decimal", "positiveInt", "boolean"}
    yield "shape", 7 if text or element.kind in PARTS else "sept"
    yield "shape", [[]]
    if element.most is not None and isinstance(value, list):
        yield "many", value * (element.most + 1)
    if text and element.most is None:
        yield "long", "x" * 30_000
    if value is not None:
        yield "absent", None


@pytest.mark.parametrize("kind", list(RESOURCES))
def test_every_element_of_the_fhir_table(house: LiveHouse, folder: Path, kind: str) -> None:
    """What blocks is refused with its place; what does not is left out with a warning there; nothing is an accident of ours."""
    present = kind == "Bundle" or any(one["resource"]["resourceType"] == kind for one in example()["entry"])
    for name, element in RESOURCES[kind].items():
        held: dict[str, Any] = {}
        if present:
            held = example() if kind == "Bundle" else resource(example(), kind)
        for number, (how, value) in enumerate(breaches(name, element, held.get(name))):
            bundle = example()
            if not present:
                url = "urn:uuid:11111111-1111-4111-8111-111111111111"
                bundle["entry"].append({"fullUrl": url, "resource": {"resourceType": kind}})
            holder = bundle if kind == "Bundle" else resource(bundle, kind)
            holder[name] = value
            if value is None:
                del holder[name]
            before = kept(folder)
            content = named(json.dumps(bundle).encode(), f"{kind}.{name}.{how}.{number}")
            said = MESSAGE.ask(house, content)
            judge(said, f".{name}" if kind != "Bundle" else f"Bundle.{name}", (kind, name, how))
            if not said.accepted:
                assert kept(folder) == before
            if how == "shape" and "AUCUNE_ROUTE" not in said.codes:  # the only place was left out with what named it
                assert said.accepted is not element.blocks, (kind, name, value, said.text)
            if how == "absent" and element.least:
                assert said.accepted is not element.blocks, (kind, name, said.text)


def judge(said: Said, place: str, which: tuple[str, ...]) -> None:
    """Refused as all refusals are, and naming the place; or accepted with a reference."""
    if said.accepted:
        assert said.reference, which
        return
    check_refusal(said)
    assert said.status in {400, 409, 415, 422, 500}, which
    assert any(place in one for one in said.fields), (which, said.text)


@pytest.mark.parametrize("kind", list(MOST_OF))
def test_no_more_of_a_resource_than_the_table_says(house: LiveHouse, folder: Path, kind: str) -> None:
    """What is beyond is not read, and its place is named: a long history refuses no emergency."""
    bundle = example()
    one = next(
        (e["resource"] for e in bundle["entry"] if e["resource"]["resourceType"] == kind), {"resourceType": kind}
    )
    for number in range(MOST_OF[kind] + 1):
        bundle["entry"].append({"fullUrl": f"urn:uuid:22222222-2222-4222-8222-{number:012}", "resource": one})
    before = kept(folder)
    said = MESSAGE.ask(house, named(json.dumps(bundle).encode(), f"{kind}.most"))
    assert said.accepted, said.text
    assert "CARDINALITE" in said.codes, said.text
    assert kept(folder) != before


def leaves(model: type[LenientModel], path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], bool]]:
    """Every field of the JSON document, the inner ones too, and whether it is a text."""
    for name, field in model.model_fields.items():
        inner = field.annotation
        held = next(
            (one for one in (inner, *get_args(inner)) if isinstance(one, type) and issubclass(one, LenientModel)), None
        )
        if held is not None and get_origin(inner) is not list:
            yield from leaves(held, (*path, name))
        yield (*path, name), inner in {str, str | None}


LEAVES = list(leaves(NewIntervention))


@pytest.mark.parametrize(("path", "is_text"), LEAVES, ids=[".".join(path) for path, _ in LEAVES])
def test_every_field_of_the_json_document(house: LiveHouse, folder: Path, path: tuple[str, ...], is_text: bool) -> None:  # noqa: FBT001 - what it is
    """Nothing, a number, an endless text, a shape that is no text: accepted with a warning, but for the two keys and the mode."""
    refusing = {"request_id": (None, LONG), "message_id": (LONG,), "mode": (7, LONG)}.get(path[-1], ())
    for number, value in enumerate((None, 7, LONG, [{}], {"a": [[]]})):
        document = click()
        holder = document
        for name in path[:-1]:
            holder = holder.setdefault(name, {})
        holder[path[-1]] = value
        before = kept(folder)
        content = json.dumps(document).encode()
        said = JSON.ask(house, content if path == ("request_id",) else named(content, f"{'.'.join(path)}.{number}"))
        judge(said, path[-1], path)
        if is_text and number < SHAPES:
            assert said.accepted is (value not in refusing), said.text
        elif is_text and path[-1] not in KEYS:
            assert said.accepted, said.text
            assert "FORME_INATTENDUE" in said.codes, said.text
        if not said.accepted:
            assert kept(folder) == before


def described() -> dict[str, list[tuple[str, str, str]]]:
    """Complex type → its elements: name, type, how many at most; from the published XSD."""
    schema = etree.parse(WSDL.with_suffix(".xsd")).getroot()
    return {
        str(one.get("name")): [
            (str(e.get("name")), str(e.get("type", "")), e.get("maxOccurs", "1"))
            for e in one.iterfind(f"{XS}sequence/{XS}element")
        ]
        for one in schema.iterfind(f"{XS}complexType")
    }


REAL = {
    "codeInsee": "77288",
    "codePostal": "77000",
    "mode": "Exercise",
    "idDemande": "DEMANDE-ESSAI-1",
    "idMessage": "DEMANDE-ESSAI-1",
    "identiteDouteuse": "0",
    "identiteFictive": "0",
}


def whole(kind: str = "Demande", path: str = "", changed: str = "", put: str = "") -> str:
    """A message with every element of the XSD; the one at `changed` is written as `put`."""
    written = ""
    for name, type_, _most in described()[kind]:
        here = f"{path}.{name}".lstrip(".")
        extra = ' genre="motive"' if name == "fait" else ""
        inner = type_.removeprefix("t:")
        text = whole(inner, here, changed, put) if type_.startswith("t:") and inner != "Fait" else REAL.get(name, "1")
        one = f"<t:{name}{extra}>{text}</t:{name}>"
        written += (
            put.replace("{one}", one).replace("{name}", name).replace("{extra}", extra) if here == changed else one
        )
    return written


def places(kind: str = "Demande", path: str = "") -> Iterator[tuple[str, str]]:
    """Every element of the XSD, and how many it may be."""
    for name, type_, most in described()[kind]:
        here = f"{path}.{name}".lstrip(".")
        yield here, most
        inner = type_.removeprefix("t:")
        if type_.startswith("t:") and inner != "Fait":
            yield from places(inner, here)


@pytest.mark.parametrize(("place", "most"), list(places()), ids=[one for one, _ in places()])
def test_every_element_of_the_soap_contract(house: LiveHouse, folder: Path, place: str, most: str) -> None:
    """Once too often, or with what is not in the contract: accepted with a warning, unless it leaves two answers. Empty or endless: accepted, but for the keys and yes or no."""
    last = place.rpartition(".")[2]
    leaf = f"<t:{{name}}{{extra}}>{LONG}</t:{{name}}>"
    ways = {
        "often": "{one}" * (int(most) + 1),
        "unknown": "{one}<t:inconnu/>",
        "empty": "<t:{name}{extra}/>",
        "endless": leaf,
        "nothing": "",
    }
    for how, put in ways.items():
        body = (
            f"<t:DemanderIntervention><t:demande>{whole(changed=place, put=put)}</t:demande></t:DemanderIntervention>"
        )
        content = (
            named(envelope(body).encode(), f"{place[:50]} {how}") if place != "idDemande" else envelope(body).encode()
        )
        before = kept(folder)
        said = SOAP.ask(house, content)
        if not said.accepted:
            check_refusal(said)
            assert kept(folder) == before
            near = {last, place.rpartition(".")[0].rpartition(".")[2], "inconnu"} - {""}
            assert any(word in one for word in near | {"demande"} for one in said.fields), (how, said.text)
        if how in {"often", "unknown"}:
            assert ("HORS_CONTRAT" in said.codes) if said.accepted else said.codes == {"SCHEMA"}, (how, said.text)
        if how == "unknown" or (how == "often" and last not in DECIDING):
            assert said.accepted, (how, said.text)
        if how == "nothing" and last not in {"idDemande", "contenu", "matricule", "codeInsee", "lieu"}:
            assert said.accepted, said.text


def test_the_namespace_of_the_contract_is_the_one_that_is_tried() -> None:
    """The XSD that makes these cases is the one that is served."""
    assert etree.parse(WSDL.with_suffix(".xsd")).getroot().get("targetNamespace") == NAMESPACE
