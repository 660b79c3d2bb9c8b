"""What real systems send, each kind with its neighbours: states, modifiers, values, units, uses and periods, instants, names, references.

The kinds are listed in `docs/field.md`. Each test writes the right value: what a CRRA reads, and what its sender is warned of.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest

from adapters.wire.fhir.reading.event import read_event
from adapters.wire.fhir.reading.request import read_request
from tests.fhir.bundles import NOW, changed, example, raw, resource

if TYPE_CHECKING:
    from adapters.wire.fhir.reading.request import ReadRequest

PATIENT = "urn:uuid:c99508b0-6cda-5aca-9737-26aef9b70569"
LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"
MODIFIER = [{"url": "https://exemple.fr/le-contraire", "valueBoolean": True}]


def with_resources(*resources: dict[str, Any], bundle: dict[str, Any] | None = None) -> ReadRequest:
    """The example with more resources, read."""
    whole = bundle or example()
    for number, more in enumerate(resources):
        whole["entry"].append({"fullUrl": f"urn:uuid:33333333-3333-4333-8333-{number:012}", "resource": more})
    return read_request(raw(whole), NOW)


def observation(code: str, **elements: Any) -> dict[str, Any]:
    """An Observation of the patient."""
    coding = {"system": LOINC, "code": code}
    return {"resourceType": "Observation", "status": "final", "code": {"coding": [coding]}, **elements}


def told(read: ReadRequest) -> str:
    """Every line under the note, and the note."""
    return "\n".join([read.request.note.text or "", *(fact.text for fact in read.request.facts)])


def codes_of(read: ReadRequest) -> set[str]:
    """What the sender is warned of."""
    return {remark.code for remark in read.request.remarks}


SPO2 = observation("59408-5", valueQuantity={"value": 49, "unit": "%"})
NOTE_TEXT = base64.b64encode("Note retirée".encode()).decode()
ERROR = {"status": "entered-in-error"}
VERIFIED = {"coding": [{"code": "entered-in-error"}]}


@pytest.mark.parametrize(
    ("retracted", "words"),
    [
        ({**SPO2, **ERROR}, "49"),
        (
            {
                "resourceType": "DocumentReference",
                **ERROR,
                "date": "2026-01-01T08:00:00+01:00",
                "content": [{"attachment": {"contentType": "text/plain", "data": NOTE_TEXT}}],
            },
            "Note retirée",
        ),
        ({"resourceType": "Condition", "verificationStatus": VERIFIED, "code": {"text": "hémophilie"}}, "hémophilie"),
        ({"resourceType": "Flag", **ERROR, "code": {"text": "chien"}}, "chien"),
        (
            {"resourceType": "MedicationStatement", **ERROR, "medicationCodeableConcept": {"text": "apixaban"}},
            "apixaban",
        ),
        ({"resourceType": "Procedure", **ERROR, "code": {"text": "amputation"}}, "amputation"),
        ({"resourceType": "ClinicalImpression", **ERROR, "summary": "décès constaté"}, "décès"),
    ],
    ids=lambda value: value["resourceType"] if isinstance(value, dict) else value,
)
def test_what_was_entered_in_error_is_left_out_and_named(retracted: dict[str, Any], words: str) -> None:
    """Of any resource: not one word of it reaches the CRRA, and its sender reads which it was."""
    read = with_resources(retracted)
    assert words not in told(read)
    assert "RETIREE" in codes_of(read)


@pytest.mark.parametrize(
    ("stated", "line"),
    [
        (
            {
                "resourceType": "AllergyIntolerance",
                "verificationStatus": {"coding": [{"code": "refuted"}]},
                "code": {"text": "pénicilline"},
            },
            "[ÉCARTÉ] pénicilline",
        ),
        (
            {
                "resourceType": "Condition",
                "clinicalStatus": {"coding": [{"code": "resolved"}]},
                "code": {"text": "asthme"},
            },
            "[RÉSOLU] asthme",
        ),
        (
            {
                "resourceType": "MedicationStatement",
                "status": "not-taken",
                "medicationCodeableConcept": {"text": "apixaban 5 mg"},
            },
            "[NON PRIS] apixaban 5 mg",
        ),
        (
            {
                "resourceType": "MedicationRequest",
                "status": "active",
                "doNotPerform": True,
                "medicationCodeableConcept": {"text": "morphine"},
            },
            "[NE PAS DONNER] morphine",
        ),
        ({**SPO2, "status": "preliminary"}, "[PROVISOIRE] SpO2 49 %"),
        ({**SPO2, "status": "jamais-vu"}, "[STATUT NON RECONNU] SpO2 49 %"),
        ({"resourceType": "Flag", "status": "inactive", "code": {"text": "chien"}}, "[N’EST PLUS EN VIGUEUR] chien"),
    ],
    ids=lambda value: value["resourceType"] if isinstance(value, dict) else value,
)
def test_a_state_that_is_not_the_ordinary_one_is_told_in_front(stated: dict[str, Any], line: str) -> None:
    """Refuted, not taken, resolved, provisional: told with that, and warned of."""
    read = with_resources(stated)
    assert line in told(read)
    assert "STATUT" in codes_of(read)


def test_an_unknown_modifier_is_told_with_what_it_modifies() -> None:
    """On an observation the value is told with the reserve; on the patient no identity is taken, and the words remain."""
    bundle = changed(Patient__modifierExtension=MODIFIER)
    read = with_resources({**SPO2, "modifierExtension": MODIFIER}, bundle=bundle)
    assert (read.request.patient.name, read.request.patient.phone) == (None, None)
    assert "[À VÉRIFIER, PORTE UN MODIFICATEUR INCONNU] SpO2 49 %" in told(read)
    assert "Patient tel que reçu : TESTE Angèle" in told(read)
    places = {remark.field for remark in read.request.remarks if remark.code == "MODIFICATEUR"}
    assert places == {"Bundle.entry[2].resource.modifierExtension", "Bundle.entry[9].resource.modifierExtension"}


def test_a_modifier_inside_an_element_takes_that_element_out() -> None:
    """One component of two: the other is told."""
    parts = [
        {"code": {"text": "gauche"}, "valueInteger": 1, "modifierExtension": MODIFIER},
        {"code": {"text": "droite"}, "valueInteger": 2},
    ]
    read = with_resources(observation("85354-9", component=parts))
    assert "droite 2" in told(read)
    assert "gauche" not in told(read)
    assert "MODIFICATEUR" in codes_of(read)


@pytest.mark.parametrize(
    ("elements", "line"),
    [
        ({"valueQuantity": {"value": 70, "comparator": "<", "unit": "%"}}, "SpO2 < 70 %"),
        ({"valueQuantity": {"value": 70, "comparator": ">=", "code": "%"}}, "SpO2 >= 70 %"),
        ({"valueInteger": 9}, "SpO2 9"),
        ({"valueBoolean": False}, "SpO2 non"),
        ({"valueString": "basse"}, "SpO2 basse"),
        ({"valueCodeableConcept": {"coding": [{"code": "L", "display": "basse"}]}}, "SpO2 basse"),
        ({"valueRange": {"low": {"value": 80, "unit": "%"}, "high": {"value": 84, "unit": "%"}}}, "de 80 % à 84 %"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "SpO2 1 / 128"),
        ({"valueTime": "07:30:00"}, "SpO2 07:30:00"),
        ({"valueDateTime": "2026-01-01T07:30:00Z"}, "SpO2 01/01/2026 07:30 UTC"),
        ({"valuePeriod": {"start": "2026-01-01"}}, "SpO2 du 01/01/2026"),
        ({"valueSampledData": {"origin": {"value": 0}, "period": 10, "dimensions": 1, "data": "1 2 3"}}, "1 2 3"),
        ({"dataAbsentReason": {"text": "capteur débranché"}}, "SpO2 valeur absente : capteur débranché"),
        ({"valueInteger": 9, "interpretation": [{"text": "critique"}]}, "SpO2 9, interprétation : critique"),
        ({"valueInteger": 9, "note": [{"text": "sous 3 L"}]}, "SpO2 9, sous 3 L"),
        ({"valueInteger": 9, "effectiveDateTime": "2026-01-01"}, "SpO2 9 (01/01/2026)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else value,
)
def test_every_value_of_an_observation_is_told(elements: dict[str, Any], line: str) -> None:
    """Comparator, every `value[x]`, why it is absent, how it was read: in words, whole."""
    assert line in told(with_resources(observation("59408-5", **elements)))


def test_a_blood_pressure_in_components_is_told() -> None:
    """Both pressures stand in the line of the panel."""
    parts = [
        {"code": {"coding": [{"system": LOINC, "code": code}]}, "valueQuantity": {"value": value, "unit": "mmHg"}}
        for code, value in (("8480-6", 72), ("8462-4", 41))
    ]
    assert "PA systolique 72 mmHg, PA diastolique 41 mmHg" in told(
        with_resources(observation("85354-9", component=parts))
    )


AGES: list[tuple[dict[str, Any], str | None, str]] = [
    ({"value": 80, "code": "a", "system": UCUM}, "80", ""),
    ({"value": 80, "unit": "ans"}, "80", ""),
    ({"value": 18, "unit": "mois"}, None, "Âge 18 mois"),
    ({"value": 18, "code": "mo", "system": UCUM}, None, "Âge 18 mo"),
    ({"value": 80}, None, "Âge 80"),
    ({"value": 80, "code": "a", "comparator": ">"}, None, "Âge > 80 a"),
    ({"value": 80, "code": "a", "system": "https://exemple.fr/unites"}, None, "Âge 80 a"),
]


@pytest.mark.parametrize(("quantity", "age", "line"), AGES, ids=[str(row[0]) for row in AGES])
def test_an_age_is_a_number_of_years_or_stays_in_words(quantity: dict[str, Any], age: str | None, line: str) -> None:
    """Eighteen months never become eighteen years; what is not exactly in years is told as it was received."""
    read = with_resources(observation("30525-0", valueQuantity=quantity))
    assert read.request.patient.age == age
    assert line in told(read)


@pytest.mark.parametrize(
    ("quantity", "kilograms"),
    [
        ({"value": 24, "unit": "kg"}, "24"),
        ({"value": 24, "unit": "lb"}, None),
        ({"value": 24, "code": "[lb_av]", "system": UCUM}, None),
        ({"value": 24}, None),
    ],
    ids=str,
)
def test_a_weight_is_in_kilograms_or_stays_in_words(quantity: dict[str, Any], kilograms: str | None) -> None:
    """Pounds never become kilograms."""
    bundle = example()
    bundle["entry"] = [entry for entry in bundle["entry"] if entry["resource"]["resourceType"] != "Observation"]
    read = with_resources(observation("29463-7", valueQuantity=quantity), bundle=bundle)
    assert read.request.patient.weight_kg == kilograms
    assert "Poids 24" in told(read)


def test_of_two_weights_the_newest_is_the_one() -> None:
    """As instants: the night of the clock change, and whatever the order of the message."""
    newest = observation(
        "29463-7", valueQuantity={"value": 60, "unit": "kg"}, effectiveDateTime="2025-10-26T02:10:00+01:00"
    )
    older = observation(
        "29463-7", valueQuantity={"value": 99, "unit": "kg"}, effectiveDateTime="2025-10-26T02:50:00+02:00"
    )
    assert with_resources(newest, older).request.patient.weight_kg == "60"
    assert with_resources(older, newest).request.patient.weight_kg == "60"


def test_a_resource_about_somebody_else_is_not_told() -> None:
    """The mother's allergy stands in no line of the child's request, and is named."""
    mother = {"resourceType": "Patient", "id": "mere", "name": [{"family": "ESSAI-MERE"}]}
    allergy = {
        "resourceType": "AllergyIntolerance",
        "code": {"text": "latex"},
        "patient": {"reference": "Patient/mere"},
    }
    read = with_resources(mother, allergy)
    assert "latex" not in told(read)
    assert {"AUTRE_PATIENT", "RESSOURCE_IGNOREE"} <= codes_of(read)


TELECOMS: list[tuple[list[dict[str, Any]], str | None, str]] = [
    ([{"value": "0144000000", "use": "old"}, {"value": "0600000001"}], "0600000001", "0144000000 (ancien)"),
    ([{"value": "0144000000", "period": {"end": "2019"}}, {"value": "0600000001"}], "0600000001", "0144000000 (échu)"),
    ([{"value": "0144000000", "period": {"start": "2030"}}, {"value": "0600000001"}], "0600000001", "(à venir)"),
    ([{"value": "0144000000", "use": "temp"}, {"value": "0600000001"}], "0600000001", "0144000000 (temporaire)"),
    ([{"value": "0144000000", "use": "temp"}], "0144000000", ""),
    ([{"value": "0144000000", "use": "old", "rank": 1}], None, "0144000000 (ancien)"),
    ([{"value": "a@exemple.fr", "system": "email"}, {"value": "0600000001"}], "0600000001", "courriel a@exemple.fr"),
]


@pytest.mark.parametrize(("telecom", "phone", "line"), TELECOMS, ids=[str(row[0][0]) for row in TELECOMS])
def test_the_number_to_call_is_one_that_holds(telecom: list[dict[str, Any]], phone: str | None, line: str) -> None:
    """Old, ended, to come: told with that and never the one to call; temporary comes last; the rest is told."""
    whole = [{"system": "phone", **each} for each in telecom]
    read = read_request(raw(changed(Patient__telecom=whole)), NOW)
    assert read.request.patient.phone == phone
    assert line in told(read)
    assert ("PERIME" in codes_of(read)) is any("use" in each or "period" in each for each in telecom)


NAMES: list[tuple[list[dict[str, Any]], str | None, str | None]] = [
    ([{"family": "ESSAI", "given": ["Zoé"]}], "ESSAI", None),
    ([{"text": "Mme ESSAI Zoé"}], "Mme ESSAI Zoé", None),
    ([{"family": "ANCIEN", "use": "old"}, {"family": "ESSAI"}], "ESSAI", None),
    ([{"family": "FILLE", "use": "maiden"}, {"family": "ESSAI"}], "ESSAI", "FILLE"),
    ([{"family": "ÉCHU", "use": "usual", "period": {"end": "2020-01-01"}}, {"family": "ESSAI"}], "ESSAI", None),
    ([{"family": "ZEZE", "use": "nickname"}, {"family": "ESSAI", "use": "official"}], "ZEZE", "ESSAI"),
]


@pytest.mark.parametrize(("names", "name", "birth"), NAMES, ids=[str(row[0][0]) for row in NAMES])
def test_a_name_is_taken_by_its_use(names: list[dict[str, Any]], name: str | None, birth: str | None) -> None:
    """Without a use, in one text, of birth; never an old or ended one before another."""
    patient = read_request(raw(changed(Patient__name=names)), NOW).request.patient
    assert (patient.name, patient.birth_name) == (name, birth)


def test_an_ins_is_found_behind_any_coding_and_not_when_it_has_ended() -> None:
    """`NI` before `INS-NIR` hides nothing; an ended matricule is not the one of now."""
    kinds = [{"code": "NI"}, {"code": "INS-NIR"}]
    ins = {"type": {"coding": kinds}, "system": "urn:oid:1.2.250.1.213.1.4.8", "value": "269056322015772"}
    read = read_request(raw(changed(Patient__identifier=[ins])), NOW)
    assert read.request.patient.ins is not None
    assert read.request.patient.ins.type_code == "INS-NIR"
    ended = read_request(raw(changed(Patient__identifier=[{**ins, "period": {"end": "2025-12-31"}}])), NOW)
    assert ended.request.patient.ins is None
    assert "IDENTIFIANT_NON_REPRIS" in codes_of(ended)


def _renamed(how: str) -> dict[str, Any]:
    """The example with other names and references."""
    bundle = example("exemple-transaction")
    for entry in bundle["entry"]:
        kind, name = entry["resource"]["resourceType"], entry["fullUrl"].removeprefix("urn:uuid:")
        urls = {"absolute": f"https://dpi.exemple.fr/fhir/{kind}/{name}", "relative": f"{kind}/{name}"}
        if how == "ids only":
            entry["resource"]["id"] = name
            del entry["fullUrl"]
        elif how == "capital uuid":
            entry["fullUrl"] = "urn:uuid:" + name.upper()
        else:
            entry["fullUrl"] = urls["relative" if how == "relative" else "absolute"]
            if how == "versioned":
                entry["fullUrl"] += "/_history/3"
    return bundle


def _referring(bundle: dict[str, Any], how: str) -> dict[str, Any]:
    kinds = {
        entry["fullUrl"].removeprefix("urn:uuid:"): entry["resource"]["resourceType"]
        for entry in example("exemple-transaction")["entry"]
    }

    def walk(value: Any) -> None:
        for each in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            walk(each)
        if isinstance(value, dict) and isinstance(value.get("reference"), str):
            name = value["reference"].removeprefix("urn:uuid:")
            base = "https://dpi.exemple.fr/fhir/" if how in {"absolute", "versioned"} else ""
            if how != "capital uuid":
                value["reference"] = f"{base}{kinds[name]}/{name}" + ("/_history/7" if how == "versioned" else "")

    walk(bundle)
    return bundle


@pytest.mark.parametrize(
    "how", ["absolute", "absolute, relative references", "relative", "ids only", "versioned", "capital uuid"]
)
def test_a_reference_finds_its_resource_however_it_is_written(how: str) -> None:
    """Address of a server, type and id, with a version, a UUID in capitals, no fullUrl at all: the same request, and no warning."""
    read = read_request(raw(_referring(_renamed(how), how)), NOW)
    plain = read_request(raw(example("exemple-transaction")), NOW)
    assert read.request == plain.request


def test_contained_resources_are_read() -> None:
    """Patient and place inside the request itself, the drug inside its statement."""
    bundle = example()
    request = resource(bundle, "ServiceRequest")
    inside = [{**resource(bundle, "Patient"), "id": "p"}, {**resource(bundle, "Location"), "id": "l"}]
    bundle["entry"] = [e for e in bundle["entry"] if e["resource"]["resourceType"] not in {"Patient", "Location"}]
    request |= {"contained": inside, "subject": {"reference": "#p"}, "locationReference": [{"reference": "#l"}]}
    drug = {"resourceType": "Medication", "id": "m", "code": {"text": "apixaban"}}
    statement = {"resourceType": "MedicationStatement", "status": "active", "medicationReference": {"reference": "#m"}}
    read = with_resources({**statement, "contained": [drug]}, bundle=bundle)
    assert (read.request.patient.name, read.request.place.insee_code) == ("TESTE", "77288")
    assert "apixaban" in told(read)
    assert "RESSOURCE_IGNOREE" not in codes_of(read)


def test_a_patient_that_is_not_designated_is_only_told_in_words() -> None:
    """The subject leads nowhere: nobody's name is taken for the patient's, and the CRRA reads who came with it."""
    read = read_request(
        raw(changed(ServiceRequest__subject={"reference": "urn:uuid:00000000-0000-4000-8000-000000000000"})), NOW
    )
    assert read.request.patient.name is None
    assert "Patient joint sans être désigné par la demande, à vérifier : TESTE Angèle" in told(read)


def test_a_binary_of_the_message_is_joined() -> None:
    """An attachment that names a Binary by its fullUrl is read; one that is elsewhere is named, with the remedy."""
    pdf = base64.b64encode(b"%PDF-1.4 essai").decode()
    url = "urn:uuid:33333333-3333-4333-8333-000000000000"
    binary = {"resourceType": "Binary", "contentType": "application/pdf", "data": pdf}
    pieces = [{"attachment": {"url": url, "title": "ECG"}}, {"attachment": {"url": "https://exemple.fr/ecg.pdf"}}]
    read = with_resources(binary, {"resourceType": "DocumentReference", "status": "current", "content": pieces})
    assert [(one.title, one.content) for one in read.request.documents] == [("ECG", b"%PDF-1.4 essai")]
    remark = next(one for one in read.request.remarks if one.code == "PIECE_ILLISIBLE")
    assert remark.field == "Bundle.entry[10].resource.content[1].attachment.url"


def test_what_no_table_knows_is_named_once_for_its_resource() -> None:
    """Unknown elements and extensions of one resource make one warning, with the place of each."""
    more = {**SPO2, "identifier": [{"value": "1"}], "extension": [{"url": "https://exemple.fr/x", "valueString": "y"}]}
    remark = next(one for one in with_resources(more).request.remarks if one.code == "NON_REPRIS")
    at = "Bundle.entry[9].resource"
    assert set(remark.field.split(" | ")) == {f"{at}.identifier", f"{at}.extension[0]"}


def test_json_null_is_an_absence() -> None:
    """Anywhere: an optional element, an item of a list, a whole resource's element."""
    names = [{"family": "ESSAI", "given": ["Zoé", None, "Lou"], "use": None}]
    read = read_request(raw({**changed(Patient__name=names), "meta": None}), NOW)
    assert (read.request.patient.given_name, read.request.patient.given_names) == ("Zoé", "Zoé Lou")
    assert read.request.remarks == ()


def test_a_shape_is_told_and_never_the_value() -> None:
    """The pattern of a short text, the length of a long one, and what was expected."""
    read = read_request(raw(changed(ServiceRequest__occurrenceDateTime="12/03/2026")), NOW)
    (remark,) = read.request.remarks
    assert remark.field == "Bundle.entry[1].resource.occurrenceDateTime"
    assert "reçu : un texte « 99/99/9999 »" in remark.title


def victims(**elements: Any) -> dict[str, Any]:
    """The published event, with elements of its Patient replaced."""
    bundle = example("exemple-victimes")
    resource(bundle, "Patient").update(elements)
    return bundle


@pytest.mark.parametrize(
    ("elements", "fields", "reason"),
    [
        ({"name": [{"family": "ESSAI", "given": ["Zoé"]}]}, {"used_name": "ESSAI", "given_name": "Zoé"}, ""),
        ({"name": [{"text": "Mme ESSAI Zoé"}]}, {"used_name": "Mme ESSAI Zoé"}, "NOM_EN_TEXTE"),
        ({"name": [{"family": "ANCIEN", "use": "old"}]}, {"used_name": None}, "NOM_NON_REPRIS"),
        ({"name": [{"family": "FILLE", "use": "maiden"}]}, {"birth_name": "FILLE"}, ""),
        ({"birthDate": "1980"}, {"age": "1980", "birth_date": None}, "NAISSANCE_INCOMPLETE"),
        ({"birthDate": "1980-02-30"}, {"birth_date": None}, "FORME"),
        ({"gender": "F"}, {"sex": None}, "CODE_INCONNU"),
        ({"name": {"family": "ESSAI"}}, {"used_name": None}, "FORME"),
        ({"telecom": [{"value": "0600000000"}]}, {}, "NON_REPRIS"),
    ],
    ids=str,
)
def test_a_victim_is_taken_as_far_as_it_can_be(elements: Any, fields: dict[str, Any], reason: str) -> None:
    """A name without use, in one text, a partial date: taken; what cannot be is named."""
    report = read_event(victims(**elements), NOW)
    (victim,) = report.victims
    assert {name: victim.fields.values.get(name) for name in fields} == fields
    assert {issue.reason for issue in report.warnings} == ({reason} if reason else set())


@pytest.mark.parametrize(
    ("status", "at", "severity"),
    [
        ("final", "2026-01-01T09:00:00+01:00", "DCD"),
        ("entered-in-error", "2026-01-01T09:00:00+01:00", "UA"),
        ("cancelled", "2026-01-01T09:00:00+01:00", "UA"),
        # Written later, and happened before.
        ("final", "2026-01-01T08:00:00+02:00", "UA"),
    ],
)
def test_a_triage_is_the_last_that_stands(status: str, at: str, severity: str) -> None:
    """A death that was retracted is no death, and instants are compared as instants."""
    bundle = victims()
    first = resource(bundle, "Observation")
    first["effectiveDateTime"] = "2026-01-01T07:30:00+01:00"
    concept = {"coding": [{**first["valueCodeableConcept"]["coding"][0], "code": "DCD"}]}
    second = {**first, "status": status, "valueCodeableConcept": concept, "effectiveDateTime": at}
    bundle["entry"].append({"fullUrl": "urn:uuid:33333333-3333-4333-8333-000000000000", "resource": second})
    report = read_event(bundle, NOW)
    assert report.victims[0].severity_entry == severity
    assert ("RETIREE" in {issue.reason for issue in report.warnings}) is (status != "final")
