"""What an integrator reads before writing a line: the CapabilityStatement, our definitions and examples, one by one or as one package.

The definitions are files in `fhir_definitions/`, written by hand and held to the element table by a test. Refuses to be a terminology server: a
ValueSet is read, not expanded.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import orjson
from starlette.responses import Response

from adapters.wire.fhir.vocabulary import BASE, MEDIA_TYPE, VERSION, Resource
from gateway.doors.fhir.answers import COMMON, answered_search, base_of, fhir, in_json, refuse
from gateway.doors.http.door import Call, Door, Handler
from gateway.doors.http.problems import ProblemError
from gateway.security.keys import Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).parent / "definitions"
KINDS = ("StructureDefinition", "ValueSet", "CodeSystem", "MessageDefinition", "OperationDefinition", "Measure")
PACKAGE = "fr.passerelle.intervention"
INTEGRATORS = frozenset({Scope.PLATFORM, Scope.PORTAL, Scope.OPERATOR, Scope.INTEGRATOR})
_FORMAT = {"_format": "json, ou application/fhir+json."}


@cache
def definitions() -> Mapping[str, Resource]:
    """`StructureDefinition/acces` → the resource; an example stands under `Bundle/…`."""
    resources: dict[str, Resource] = {}
    for path in sorted(FOLDER.glob("*.json")):
        kind, _, name = path.stem.partition("-")
        resources[f"{kind}/{name}"] = orjson.loads(path.read_bytes())
    return resources


def capability(date: str) -> Resource:
    """The CapabilityStatement."""
    return {
        "resourceType": "CapabilityStatement",
        "url": f"{BASE}/CapabilityStatement/passerelle",
        "version": version("passerelle"),
        "name": "Passerelle",
        "status": "active",
        "date": date,
        "publisher": "Passerelle",
        "kind": "instance",
        "software": {"name": "Passerelle", "version": version("passerelle")},
        "implementation": {"description": "Demandes d’intervention et événements à nombreuses victimes"},
        "fhirVersion": VERSION,
        "format": [MEDIA_TYPE],
        "rest": [
            {
                "mode": "server",
                "documentation": "JSON seulement. Une clé d’accès par plateforme : Authorization: Bearer pk_…",
                "resource": _resources(),
                "interaction": [{"code": "transaction"}, {"code": "batch"}],
                "operation": [
                    {"name": "process-message", "definition": f"{BASE}/OperationDefinition/process-message"},
                    {"name": "validate", "definition": "http://hl7.org/fhir/OperationDefinition/Resource-validate"},
                ],
            }
        ],
        "messaging": [
            {
                "documentation": "Idempotent par l’émetteur et Bundle.identifier : le même message reçoit la même réponse.",
                "supportedMessage": [
                    {"mode": "receiver", "definition": f"{BASE}/MessageDefinition/demande-intervention"},
                    {"mode": "sender", "definition": f"{BASE}/MessageDefinition/etat-demande"},
                ],
            }
        ],
    }


def _resources() -> list[Resource]:
    """What can be read and sought, by type."""
    task = {
        "type": "Task",
        "profile": "http://hl7.org/fhir/StructureDefinition/Task",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "versioning": "versioned",
        "searchParam": [
            {"name": "focus", "type": "reference", "documentation": "focus:identifier, l’identifiant de l’émetteur."},
            {"name": "identifier", "type": "token", "documentation": "La référence lue au téléphone."},
            {"name": "_id", "type": "token", "documentation": "L’id de la Task."},
            {"name": "status", "type": "token", "documentation": "Task.status, parmi ce qui est trouvé par ailleurs."},
        ],
    }
    bundle = {
        "type": "Bundle",
        "documentation": "Lus par leur id : nos exemples. Cherché par event : un événement, pour qui peut le voir.",
        "interaction": [{"code": "read"}, {"code": "search-type"}],
        "searchParam": [{"name": "event", "type": "string", "documentation": "Identifiant de l’événement."}],
    }
    served = [{"type": kind, "interaction": [{"code": "read"}, {"code": "search-type"}]} for kind in KINDS]
    return [task, bundle, *served]


async def read_definition(call: Call) -> Response:
    """One definition, or one example, by its id."""
    definition = definitions().get(f"{call.path['kind']}/{call.path['definition_id']}")
    if definition is None:
        raise ProblemError(404, "definition_inconnue", "Cette définition n’existe pas.")
    return fhir(definition)


async def search_definitions(call: Call) -> Response:
    """All the definitions of a kind, or the one whose canonical is named."""
    kind, url = call.path["kind"], call.query.get("url")
    if kind not in KINDS:
        raise ProblemError(404, "definition_inconnue", "Ce type de définition n’existe pas.", ", ".join(KINDS))
    of_kind = (definition for name, definition in definitions().items() if name.startswith(f"{kind}/"))
    matches = [
        definition
        for definition in of_kind
        if url in {None, definition["url"]} and call.query.get("_id") in {None, definition["id"]}
    ]
    address = base_of(call)
    return fhir(
        answered_search([(f"{address}/{kind}/{definition['id']}", definition) for definition in matches], call, kind)
    )


async def read_package(call: Call) -> Response:
    """Everything as one package, in the form that FHIR tools install."""
    del call
    name = f'attachment; filename="{PACKAGE}.tgz"'
    return Response(package(), media_type="application/gzip", headers={"Content-Disposition": name})


@cache
def package() -> bytes:
    """The package: `package/package.json`, the definitions, the examples. The same bytes each time it is made."""
    manifest = {
        "name": PACKAGE,
        "version": "1.0.0",
        "canonical": BASE,
        "title": "Demande d’intervention",
        "description": "Définitions et exemples de la passerelle",
        "fhirVersions": [VERSION],
        "dependencies": {"hl7.fhir.r4.core": VERSION},
        "license": "Apache-2.0",
        "author": "Passerelle",
    }
    files: dict[str, Resource] = {"package/package.json": manifest}
    for name, definition in definitions().items():
        folder = "package" if name.partition("/")[0] in KINDS else "package/example"
        files[f"{folder}/{name.replace('/', '-')}.json"] = definition
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w") as archive:
        for path, definition in files.items():
            content = orjson.dumps(definition, option=orjson.OPT_INDENT_2)
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(raw.getvalue(), mtime=0)


def _door(
    path: str, handler: Handler, summary: str, query: Mapping[str, str] = _FORMAT, answers: str = MEDIA_TYPE
) -> Door:
    return Door(
        "GET",
        path,
        INTEGRATORS,
        handler if answers != MEDIA_TYPE else in_json(handler),
        summary,
        answers_media_type=answers,
        tag="FHIR",
        query=query,
        refuse=refuse,
    )


FHIR_GUIDE: tuple[Door, ...] = (
    _door("/fhir/package", read_package, "Nos définitions et exemples FHIR, en un paquet", answers="application/gzip"),
    _door(
        "/fhir/{kind}",
        search_definitions,
        "Chercher parmi nos définitions FHIR",
        {"url": "Adresse canonique.", **COMMON},
    ),
    _door("/fhir/{kind}/{definition_id}", read_definition, "Lire une de nos définitions FHIR, ou un exemple"),
)
"""After every other FHIR door: the two last paths are the widest."""
