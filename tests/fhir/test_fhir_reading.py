"""What a Bundle becomes, and what is wrong with one that becomes nothing."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.wire.fhir.reading.request import read_request
from adapters.wire.fhir.vocabulary import FhirRefusalError
from domain.intervention.request import FactKind
from tests.fhir.bundles import EXAMPLES, NOW, changed, example, raw, resource
from tests.shared_material import shared


def refused(bundle: Any) -> FhirRefusalError:
    """The refusal of a Bundle."""
    with pytest.raises(FhirRefusalError) as caught:
        read_request(bundle if isinstance(bundle, bytes) else raw(bundle), NOW)
    return caught.value


def reasons(bundle: Any) -> set[str]:
    """Why a Bundle is refused."""
    return {one.reason for one in refused(bundle).issues if one.blocks}


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_published_example_is_read(name: str) -> None:
    """What we publish, we take, without a single remark."""
    read = read_request(raw(example(name)), NOW)
    assert read.request.request_id == "DI-ESSAI-000001"
    assert read.request.mode == "Exercise"
    assert read.request.remarks == ()
    assert read.reason == ("cancel" if name == "exemple-annulation" else "new")


@pytest.mark.parametrize("name", ["intervention-message", "intervention-transaction"])
def test_the_example_of_the_dossier_is_read_whole(name: str) -> None:
    """Every field of the dossier's example finds its place."""
    sent = NOW.replace(month=3, day=2, hour=14, minute=21)
    read = read_request(shared(f"examples/{name}.json").read_bytes(), sent)
    one = read.request
    assert (one.request_id, one.crra) == ("DI-2026-000981", "fr.health.samu770")
    assert (one.patient.name, one.patient.birth_name, one.patient.given_names) == ("ESSAI", "EXEMPLE", "Josette Marie")
    assert (one.patient.birth_date, one.patient.birth_place, one.patient.sex) == ("1952-06-14", "77288", "F")
    assert one.patient.ins is not None
    assert (one.patient.ins.oid, one.patient.ins.type_code) == ("1.2.250.1.213.1.4.10", "INS-NIR-TEST")
    assert (one.patient.identity_status, one.patient.weight_kg) == ("QUAL", "94")
    assert (one.place.insee_code, one.place.codes, one.place.building) == ("77288", ("1234A", "5678"), "B")
    assert (one.place.latitude, one.place.longitude) == ("48.5421", "2.6554")
    assert one.requester.callback == "+33100000001"
    assert one.requester.structure_id == "1770110054"
    assert (one.note.text or "").startswith("02/03/2026 14:15 Dr EXEMPLE")
    kinds = {fact.kind for fact in one.facts}
    assert {FactKind.MOTIVE, FactKind.URGENCY, FactKind.VITALS, FactKind.DANGER, FactKind.CONTACT} <= kinds


@pytest.mark.parametrize("said", ["1952", "1952-06", "1952-06-14"])
def test_a_birth_date_keeps_its_precision(said: str) -> None:
    """A year stays a year, a month a month: nothing is completed."""
    assert read_request(raw(changed(Patient__birthDate=said)), NOW).request.patient.birth_date == said


def test_the_number_that_pays_is_not_an_ins() -> None:
    """An identifier of type NH under the OID of the NIR is passed on as what it says it is, so that it is dropped."""
    number = {
        "type": {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "NH"}]},
        "system": "urn:oid:1.2.250.1.213.1.4.8",
        "value": "269052A00400139",
    }
    ins = read_request(raw(changed(Patient__identifier=[number])), NOW).request.patient.ins
    assert ins is not None
    assert ins.type_code == "NH"


@pytest.mark.parametrize("type_code", ["INS-NIR", "INS-NIA"])
def test_an_ins_is_chosen_by_its_type(type_code: str) -> None:
    """Beside a number that pays, the one whose type says INS wins."""
    pays = {"type": {"coding": [{"code": "NH"}]}, "system": "urn:oid:1.2.250.1.213.1.4.8", "value": "1"}
    proved = {"type": {"coding": [{"code": type_code}]}, "system": "urn:oid:1.2.250.1.213.1.4.9", "value": "2"}
    ins = read_request(raw(changed(Patient__identifier=[pays, proved])), NOW).request.patient.ins
    assert ins is not None
    assert (ins.matricule, ins.type_code) == ("2", type_code)


@pytest.mark.parametrize(
    ("system", "code", "status"),
    [
        ("https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-identity-status", "VALI", "VALI"),
        ("https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0445", "VALI", "VALI"),
        ("https://hl7.fr/ig/fhir/core/CodeSystem/inconnu", "QUAL", None),
    ],
)
def test_a_status_is_read_with_its_code_system(system: str, code: str, status: str | None) -> None:
    """VALI changed its meaning: without an INS it is never QUAL, and without its system it is nothing."""
    part = {"url": "identityStatus", "valueCoding": {"system": system, "code": code}}
    url = "https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-identity-reliability"
    bundle = changed(Patient__extension=[{"url": url, "extension": [part]}])
    assert read_request(raw(bundle), NOW).request.patient.identity_status == status


TABLES = (
    "https://mos.esante.gouv.fr/NOS/TRE_R13-Commune/FHIR/TRE-R13-Commune",
    "https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM",
)


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("holder", ["address", "_district", "_city"])
def test_the_insee_code_is_read_wherever_it_stands(table: str, holder: str) -> None:
    """Under either table, on the address, its district or its city."""
    bundle = changed(Location__address__district=None)
    address = resource(bundle, "Location")["address"]
    extension = [{"url": "https://exemple.fr/insee", "valueCoding": {"system": table, "code": "2A004"}}]
    (address if holder == "address" else address.setdefault(holder, {}))["extension"] = extension
    assert read_request(raw(bundle), NOW).request.place.insee_code == "2A004"


def test_without_a_place_the_home_is_taken_and_said() -> None:
    """A request without locationReference goes to the patient's home, with a warning at its place."""
    bundle = changed(ServiceRequest__locationReference=None)
    resource(bundle, "Patient")["address"] = [{"use": "home", "line": ["3 rue du Test"], "city": "Melun"}]
    read = read_request(raw(bundle), NOW)
    assert read.request.place.address == "3 rue du Test"
    remarks = {one.code: one.field for one in read.request.remarks}
    # The Location of the example is there still, and nothing designates it.
    assert set(remarks) == {"LIEU_ABSENT", "RESSOURCE_IGNOREE"}
    assert remarks["LIEU_ABSENT"].endswith("locationReference")


def test_a_note_is_found_where_others_put_it() -> None:
    """A ClinicalImpression serves where there is no DocumentReference, with a warning."""
    bundle = example()
    for entry in bundle["entry"]:
        if entry["resource"]["resourceType"] == "DocumentReference":
            entry["resource"] = {"resourceType": "ClinicalImpression", "summary": "Note d’essai"}
    read = read_request(raw(bundle), NOW)
    assert read.request.note.text == "Note d’essai"
    assert "NOTE_AILLEURS" in {one.code for one in read.request.remarks}


def test_a_note_in_latin_1_is_read_in_its_charset() -> None:
    """The charset that is said is the one that is used; one that is not known leaves the note out, and says so."""
    data = base64.b64encode("Gêne".encode("iso-8859-1")).decode()
    at = "DocumentReference__content__0__attachment"
    latin = changed(**{f"{at}__contentType": "text/plain; charset=ISO-8859-1", f"{at}__data": data})
    assert read_request(raw(latin), NOW).request.note.text == "Gêne"
    strange = changed(**{f"{at}__contentType": "text/plain; charset=unicode_escape", f"{at}__data": data})
    read = read_request(raw(strange), NOW)
    assert read.request.note.text is None
    assert "NOTE_ILLISIBLE" in {one.code for one in read.request.remarks}


def test_a_file_that_is_not_a_pdf_is_handed_over_to_be_judged() -> None:
    """What is joined is decoded here; whether it is a PDF is said once, for every door."""
    content = {"attachment": {"contentType": "application/pdf", "data": base64.b64encode(b"GIF89a").decode()}}
    bundle = example()
    resource(bundle, "DocumentReference")["content"].append(content)
    assert [one.content for one in read_request(raw(bundle), NOW).request.documents] == [b"GIF89a"]


def test_a_wrong_optional_element_is_left_out_and_the_rest_is_read() -> None:
    """One broken telephone does not take the good one with it."""
    good, broken = {"system": "phone", "value": "+33600000001", "rank": 1}, {"system": "phone", "value": 15}
    read = read_request(raw(changed(Patient__telecom=[broken, good])), NOW)
    assert read.request.patient.phone == "+33600000001"
    assert [(one.code, one.field) for one in read.request.remarks] == [
        ("FORME", f"Bundle.entry[{_place('Patient')}].resource.telecom[0].value")
    ]


def _place(kind: str) -> int:
    return next(n for n, e in enumerate(example()["entry"]) if e["resource"]["resourceType"] == kind)


WRONG: list[tuple[str, Any, str, int]] = [
    ("no JSON", b"{", "JSON", 400),
    ("a list", b"[]", "JSON", 400),
    ("not a Bundle", {"resourceType": "Patient"}, "PAS_UN_BUNDLE", 400),
    ("300 levels", b'{"a":' * 300 + b"1" + b"}" * 300, "PROFONDEUR", 400),
    ("2 000 levels", b"[" * 2000 + b"]" * 2000, "JSON", 400),
    ("6 MB", b'{"a":"' + b"x" * 6_000_000 + b'"}', "TROP_GROS", 413),
    ("a document", changed(Bundle__type="document"), "TYPE_DE_BUNDLE", 400),
    ("another event", changed(MessageHeader__eventCoding={"code": "admit"}), "EVENEMENT", 415),
    ("a proposal", changed(ServiceRequest__intent="proposal"), "CODE_INCONNU", 422),
    ("a status that does not exist", changed(ServiceRequest__status="foo"), "CODE_INCONNU", 422),
    ("do not perform", changed(ServiceRequest__doNotPerform=True), "NE_PAS_FAIRE", 422),
    ("do not perform, said as a text", changed(ServiceRequest__doNotPerform="oui"), "FORME", 400),
    ("401 entries", None, "NOMBRE_D_ENTREES", 400),
    ("no entry", changed(Bundle__entry=[]), "NOMBRE_D_ENTREES", 400),
    ("two requests and no focus", None, "UNE_DEMANDE", 422),
    ("no request", None, "UNE_DEMANDE", 422),
]


TAKEN: list[tuple[str, Any, str]] = [
    ("no identifier", changed(Bundle__identifier=None), "ABSENT"),
    ("no timestamp", changed(Bundle__timestamp=None), "ABSENT"),
    ("a timestamp without offset", changed(Bundle__timestamp="2026-01-01T08:00:00"), "FORME"),
    ("ten minutes ahead", changed(Bundle__timestamp="2026-01-01T08:11:00+01:00"), "HORLOGE"),
    ("no focus", changed(MessageHeader__focus=None), "FOCUS"),
    ("no identifier of the request", changed(ServiceRequest__identifier=None), "IDENTIFIANT_ABSENT"),
    ("an identifier that is a text", changed(ServiceRequest__identifier="DI-1"), "FORME"),
    ("an empty list", changed(ServiceRequest__identifier=[]), "FORME"),
    ("no subject", changed(ServiceRequest__subject=None), "PATIENT"),
    ("no requester", changed(ServiceRequest__requester=None), "ABSENT"),
    ("two entries of one name", None, "FULLURL_DOUBLE"),
    ("a reference that dangles", None, "REFERENCE_PENDANTE"),
    ("an address outside", None, "REFERENCE_PENDANTE"),
    ("61 entries", None, "CARDINALITE"),
    ("two requests", None, "RESSOURCE_IGNOREE"),
    ("an entry without resource", None, "ENTREE"),
    ("a header that is not the first", None, "ENTETE"),
]


def _broken(how: str) -> dict[str, Any]:  # noqa: C901 - one case a defect
    bundle = example()
    entries, request = bundle["entry"], resource(bundle, "ServiceRequest")
    match how:
        case "two entries of one name":
            entries[-1]["fullUrl"] = entries[-2]["fullUrl"]
        case "a reference that dangles":
            request["subject"]["reference"] = "urn:uuid:00000000-0000-0000-0000-000000000000"
        case "an address outside":
            request["subject"]["reference"] = "https://plateforme.example.fr/fhir/Patient/1"
        case "61 entries":
            entries.extend([entries[-1]] * 61)
        case "401 entries":
            entries.extend([entries[-1]] * 401)
        case "two requests and no focus":
            entries[-1]["resource"] = request
            del entries[0]["resource"]["focus"]
        case "two requests":
            entries[-1]["resource"] = request
        case "a header that is not the first":
            entries.append(entries.pop(0))
        case "no request":
            request["resourceType"] = "CarePlan"
        case "an entry without resource":
            del entries[-1]["resource"]
        case _:
            raise ValueError(how)
    return bundle


@pytest.mark.parametrize(("how", "bundle", "reason", "status"), WRONG, ids=[one[0] for one in WRONG])
def test_what_does_not_hold_together_is_refused_by_its_reason(how: str, bundle: Any, reason: str, status: int) -> None:
    """Each broken Bundle is refused with its own code, and the HTTP status of its sort."""
    refusal = refused(_broken(how) if bundle is None else bundle)
    assert reason in {one.reason for one in refusal.issues}
    assert refusal.status == status


@pytest.mark.parametrize(("how", "bundle", "reason"), TAKEN, ids=[row[0] for row in TAKEN])
def test_a_defect_of_form_is_taken_with_a_warning(how: str, bundle: Any, reason: str) -> None:
    """An emergency is refused only where acting on it would be wrong: all else goes on, and the defect is named at its place."""
    read = read_request(raw(_broken(how) if bundle is None else bundle), NOW)
    assert read.request.request_id
    assert read.request.place.address == "12 rue de l’Exemple"
    assert reason in {remark.code for remark in read.request.remarks}


def test_every_fault_is_told_at_once() -> None:
    """A sender that made three mistakes reads three lines, each at its place."""
    bundle = changed(ServiceRequest__status="foo", ServiceRequest__intent=None, Bundle__timestamp="hier")
    said = {(one.reason, (one.expression or "").rpartition(".")[2]) for one in refused(bundle).issues}
    assert {("CODE_INCONNU", "status"), ("ABSENT", "intent"), ("FORME", "timestamp")} <= said


def test_an_old_message_is_taken_with_a_warning() -> None:
    """Twenty minutes late is not too late for an emergency."""
    read = read_request(raw(changed(Bundle__timestamp="2026-01-01T07:40:00+01:00")), NOW)
    assert [one.code for one in read.request.remarks] == ["ANCIEN"]


def test_a_label_of_exercise_anywhere_makes_an_exercise() -> None:
    """HTEST on the patient alone is enough, and its absence means real."""
    bundle = changed(ServiceRequest__meta=None)
    assert read_request(raw(bundle), NOW).request.mode == "Actual"
    label = {"system": "http://terminology.hl7.org/CodeSystem/v3-ActReason", "code": "HTEST"}
    resource(bundle, "Patient")["meta"] = {"security": [label]}
    assert read_request(raw(bundle), NOW).request.mode == "Exercise"


def test_a_long_key_is_kept_by_its_digest() -> None:
    """Two long keys that begin alike stay two keys."""
    keys = set()
    for end in ("a", "b"):
        identifier = {"system": "https://plateforme.example.fr/" + "x" * 90, "value": "y" * 120 + end}
        keys.add(read_request(raw(changed(Bundle__identifier=identifier)), NOW).request.message_id)
    assert len(keys) == 2
    assert all(len(key or "") <= 128 for key in keys)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["coding", "code", "value", "url", "extension", "reference"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)
PLACES = [
    (number, name)
    for number, entry in enumerate(example()["entry"])
    for name in entry["resource"]
    if name != "resourceType"
]


@settings(deadline=None, max_examples=300)
@given(place=st.sampled_from(PLACES), value=JSON_VALUES)
def test_nothing_that_json_can_say_breaks_the_reader(place: tuple[int, str], value: Any) -> None:
    """Whatever stands in the place of an element, the Bundle is read or refused with reasons, and nothing else."""
    bundle = example()
    bundle["entry"][place[0]]["resource"][place[1]] = value
    try:
        read = read_request(raw(bundle), NOW)
    except FhirRefusalError as refusal:
        said = [one.reason for one in refusal.issues if one.blocks]
    else:
        said = [read.request.request_id]
    assert said


def test_no_refusal_repeats_what_was_sent() -> None:
    """The value at fault is in no text and no expression."""
    secret = "ESSAI-SECRET"
    bundle = changed(ServiceRequest__status=secret, Bundle__timestamp=secret, ServiceRequest__authoredOn=secret)
    refusal = refused(bundle)
    assert secret not in json.dumps([(one.text, one.expression, one.reason) for one in refusal.issues]) + str(refusal)
