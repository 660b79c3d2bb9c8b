"""What we publish is true: valid FHIR, the same as the element table, complete in one package, and readable by its key."""

from __future__ import annotations

import io
import re
import tarfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

import adapters
from adapters.wire.fhir.elements import RESOURCES
from adapters.wire.fhir.vocabulary import BASE
from domain.intervention.status import REFUSALS, InterventionStatus
from gateway.doors.fhir.guide import capability, definitions, package
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from tests.gateway.house import OpenHouse

PROFILES = {name: one for name, one in definitions().items() if one.get("derivation") and one["type"] != "Extension"}


@pytest.mark.parametrize("name", sorted(definitions()))
def test_each_definition_is_fhir(name: str) -> None:
    """Somebody else's model of R4 takes it, and its canonical is its place."""
    one = definitions()[name]
    get_fhir_model_class(one["resourceType"]).model_validate(one)
    assert one["id"] == name.partition("/")[2]
    if one["resourceType"] != "Bundle":
        assert one["url"] == f"{BASE}/{name}"


def test_the_capability_statement_is_fhir() -> None:
    """The one thing that every client reads first; each definition that it names is served."""
    statement = capability("2026-01-01")
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    named = [one["definition"] for one in statement["messaging"][0]["supportedMessage"]]
    operations = [one["definition"] for one in statement["rest"][0]["operation"]]
    named += [one for one in operations if not one.startswith("http://hl7.org/")]
    assert {one.removeprefix(f"{BASE}/") for one in named} <= set(definitions())


@pytest.mark.parametrize("name", sorted(PROFILES))
def test_a_profile_says_what_the_table_enforces(name: str) -> None:
    """Cardinality and size of each element: the published line and the line that is checked are one."""
    profile = PROFILES[name]
    table = RESOURCES[profile["type"]]
    said = {one["path"].partition(".")[2]: one for one in profile["differential"]["element"] if "." in one["path"]}
    said.pop("entry", None)
    for element, line in table.items():
        published = said.pop(element, {})
        assert published.get("min", 0) == line.least, element
        assert published.get("max") == (str(line.most) if line.most is not None else None), element
        assert published.get("maxLength") == (line.longest if line.kind == "string" else None), element
    assert said == {}


def test_the_states_are_those_of_the_domain() -> None:
    """Each business status and each refusal has its concept, and there is no other."""
    codes = {one["code"] for one in definitions()["CodeSystem/etat-demande"]["concept"]}
    refusals = {one["code"] for one in definitions()["CodeSystem/motif-refus"]["concept"]}
    assert (codes, refusals) == ({one.value for one in InterventionStatus}, set(REFUSALS))


def test_each_error_code_of_the_reader_is_published() -> None:
    """Who receives a code can look it up."""
    published = {one["code"] for one in definitions()["CodeSystem/erreurs"]["concept"]}
    used: set[str] = set()
    for path in (Path(str(adapters.__file__)).parent / "wire" / "fhir").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        used |= set(re.findall(r'Issue\(\s*"([A-Z_0-9]+)"', text))
        used |= set(re.findall(r'(?:say|refuse)\(\s*"[a-z-]+", "([A-Z_0-9]+)"', text))
        used |= set(re.findall(r'warn\(\s*"([A-Z_0-9]+)"', text))
    assert len(used) > 20
    assert used <= published


def test_the_package_holds_everything() -> None:
    """Definitions under `package`, examples beside them, a manifest, and the same bytes each time."""
    with tarfile.open(fileobj=io.BytesIO(package()), mode="r:gz") as archive:
        files: dict[str, Any] = {one.name: orjson.loads(archive.extractfile(one).read()) for one in archive}  # type: ignore[union-attr]
    assert files["package/package.json"]["fhirVersions"] == ["4.0.1"]
    assert "package/example/Bundle-exemple-message.json" in files
    assert len(files) == len(definitions()) + 1


async def test_an_integrator_reads_the_guide(fhir_house: OpenHouse) -> None:
    """CapabilityStatement, one definition, a search by canonical, the package; an unknown one is 404."""
    async with fhir_house.as_(Scope.INTEGRATOR) as integrator:
        statement = await integrator.get("/fhir/metadata")
        assert statement.json()["fhirVersion"] == "4.0.1"
        one = await integrator.get("/fhir/StructureDefinition/acces")
        assert one.json()["url"] == f"{BASE}/StructureDefinition/acces"
        found = await integrator.get("/fhir/ValueSet", params={"url": f"{BASE}/ValueSet/etat-demande"})
        assert found.json()["total"] == 1
        assert (await integrator.get("/fhir/package")).content == package()
        for path in ("/fhir/StructureDefinition/inconnue", "/fhir/Inconnu"):
            answer = await integrator.get(path)
            assert (answer.status_code, answer.json()["resourceType"]) == (404, "OperationOutcome")
