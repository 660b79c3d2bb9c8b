"""`passerelle platform check`: does this gateway do with a platform's requests what the guide says? Run by a platform's developer.

It asks by the doors alone, with an exercise key, for invented patients, and takes back what it asked. It refuses to go on with a key of
the real: nothing here may reach a SAMU.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import httpx

from domain.intervention.request import CALL_15
from gateway.cli.console import complain, run, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

CREATED, DONE, REFUSED, CONFLICT = 201, 200, 422, 409
PATIENCE = 10.0  # seconds for an answer
PATH = "/v1/interventions"


@dataclass(frozen=True, slots=True)
class Case:
    """One request, and what must be answered."""

    title: str
    changes: Mapping[str, Any]
    """Sections of the document, each put in the place of the ordinary one."""
    status: int
    code: str | None = None
    """Of the refusal."""
    warnings: frozenset[str] = frozenset()
    """Codes that must be among those of the answer."""
    same_as: int | None = None
    """The case whose request this one speaks of."""
    says: Mapping[str, Any] | None = None
    """Members of the answer, as they must be."""


PATIENT = {"name": "TESTE", "given_name": "Angèle", "sex": "F", "phone": "+33600000000", "birth_year": "1952"}
PLACE: dict[str, Any] = {"address": "18 rue de l’Exemple", "city": "Commune d’essai"}
"""Completed by the codes of a place that the gateway says it serves."""
MELUN = {"insee_code": "77288", "postal_code": "77000"}
NOWHERE = {"insee_code": "98999", "postal_code": "98999"}
BASE: dict[str, Any] = {
    "requester": {"structure_id": "1750712184", "structure_name": "Cellule d’essai", "callback": "+33100000000"},
    "patient": PATIENT,
    "place": PLACE,
    "note": {"text": "Note d’essai."},
}
BAD_INS = {"matricule": "295109912611100", "oid": "1.2.250.1.213.1.4.10"}

CASES: tuple[Case, ...] = (
    Case("un clic, sans INS : accepté", {"message_id": "m"}, CREATED, says={"version": 1, "status": "TRANSMISE"}),
    Case(
        "le même message : la même réponse",
        {"message_id": "m"},
        DONE,
        same_as=0,
        says={"version": 1, "duplicate": True},
    ),
    Case(
        "le même message, autre contenu : conflit",
        {"message_id": "m", "note": {"text": "Autre note."}},
        CONFLICT,
        "MESSAGE_DEJA_RECU",
        same_as=0,
    ),
    Case(
        "la même demande, autre contenu : mise à jour",
        {"note": {"text": "Autre note."}},
        DONE,
        warnings=frozenset({"MISE_A_JOUR"}),
        same_as=0,
        says={"version": 2, "duplicate": False},
    ),
    Case("une année de naissance seule : accepté", {"patient": {**PATIENT, "birth_date": "1952"}}, CREATED),
    Case("un INS dont la clé est fausse : accepté", {"patient": {**PATIENT, "ins": BAD_INS}}, CREATED),
    Case(
        "un téléphone en toutes lettres : accepté, avec avertissement",
        {"patient": {**PATIENT, "phone": "zéro six"}},
        CREATED,
        warnings=frozenset({"TELEPHONE_ILLISIBLE"}),
    ),
    Case(
        "latitude et longitude inversées : accepté, avec avertissement",
        {"place": {**PLACE, "latitude": 2.6554, "longitude": 48.5421}},
        CREATED,
        warnings=frozenset({"POSITION_INVERSEE"}),
    ),
    Case(
        "un champ inconnu : accepté, avec avertissement",
        {"inconnu": "essai"},
        CREATED,
        warnings=frozenset({"CHAMP_IGNORE"}),
    ),
    Case("le réel sous une clé d’exercice : refusé", {"mode": "Actual"}, CONFLICT, "MODE"),
    Case("sans identifiant de demande : refusé", {"request_id": " "}, REFUSED, "DEMANDE_SANS_ID"),
    Case(
        "ni lieu ni téléphone : refusé",
        {"requester": {}, "patient": {"name": "TESTE"}, "place": {}},
        REFUSED,
        "SANS_LIEU_NI_TELEPHONE",
    ),
    Case(
        "un lieu que nul SAMU relié ne dessert : refusé",
        {"place": {**PLACE, **NOWHERE}},
        REFUSED,
        "AUCUNE_ROUTE",
    ),
)


def declare(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The family: `check`."""
    family = commands.add_parser("platform", help="plateformes : vérifier qu’une passerelle fait ce que dit le guide")
    verbs = family.add_subparsers(dest="verb", required=True, metavar="verbe")
    check = verbs.add_parser("check", help="jouer les cas du guide, avec une clé d’exercice")
    check.add_argument("--url", required=True, help="adresse de la passerelle, bac à sable ou préproduction")
    check.add_argument("--key", required=True, help="clé de plateforme, en mode Exercise")
    check.set_defaults(run=command)


def command(arguments: argparse.Namespace) -> int:
    """Exit code 0 when every case is as the guide says, 1 when one differs, 2 when nothing could be asked."""
    try:
        return run(_check(arguments.url, arguments.key))
    except httpx.HTTPError as error:
        complain(f"La passerelle ne répond pas à cette adresse ({type(error).__name__}).")
        return 2


async def _check(url: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as client:
        knocked = await client.post(f"{PATH}/check", json=document(CASES[0], 0, "essai"))
        if (reason := closed(knocked)) is not None:
            complain(reason)
            return 2
        place = served_place(said(await client.get(f"{PATH}/served")))
        batch, different, asked = secrets.token_hex(4), 0, dict[int, str]()
        for number, case in enumerate(CASES):
            if place is ANYWHERE and case.code == "AUCUNE_ROUTE":
                say(f"{'sans objet':10} {case.title} : cette plateforme a une voie pour tout lieu")
                continue
            answer = await client.post(PATH, json=document(case, number, batch, place))
            wrong = differences(case, answer)
            different += bool(wrong)
            say(
                f"{'différent' if wrong else 'conforme':10}{case.title}"
                + "".join(f"\n{'':10}{difference}" for difference in wrong)
            )
            if answer.status_code == CREATED:
                asked[number] = said(answer)["id"]
        for request_id in asked.values():
            await client.post(f"{PATH}/{request_id}/cancel", json={"reason": "vérification"})
    say("Tout est conforme." if not different else f"{different} cas sur {len(CASES)} diffèrent.")
    return 1 if different else 0


def closed(knocked: httpx.Response) -> str | None:
    """Why nothing may be asked here, from the verdict on a request that says it is an exercise; None when it may."""
    verdict = said(knocked)
    if knocked.status_code != DONE or "accepted" not in verdict:
        return f"La clé n’ouvre pas cette porte ({knocked.status_code}). {verdict.get('title', '')}".strip()
    if (verdict.get("problem") or {}).get("code") == "MODE":
        return "Cette clé est du réel : la vérification ne se fait qu’en exercice."
    return None


ANYWHERE: Mapping[str, str] = MappingProxyType(MELUN)
"""The place that is said where the platform has a route for all of them."""


def served_place(served: Mapping[str, Any]) -> Mapping[str, str]:
    """The codes of one place that the gateway serves by its own routes: a commune's, else of its department's first, else any."""
    for commune in served.get("communes", ()):
        return {"insee_code": commune, "postal_code": _postal(commune)}
    for department in served.get("departments", ()):
        # Communes are numbered from 1; overseas a department has one digit more, and its communes one fewer.
        commune = f"{department}{'1'.zfill(5 - len(department))}"
        return {"insee_code": commune, "postal_code": _postal(commune)}
    return ANYWHERE if served.get("anywhere") else MELUN


def _postal(commune: str) -> str:
    """A postal code of the department of a commune; Corsica's begin with 20."""
    department = (
        commune[:3] if commune.startswith(("97", "98")) else commune[:2].replace("2A", "20").replace("2B", "20")
    )
    return department.ljust(5, "0")


def document(case: Case, number: int, batch: str, place: Mapping[str, str] = ANYWHERE) -> dict[str, Any]:
    """What is sent: the ordinary request under identifiers of this run, with what the case changes. A case never says the real but to be refused."""
    owner = number if case.same_as is None else case.same_as
    sent = {"request_id": f"ESSAI-{batch}-{owner}", "mode": "Exercise", **BASE, **case.changes}
    if sent["place"] and sent["place"].get("insee_code") != NOWHERE["insee_code"]:
        sent["place"] = {**sent["place"], **place}
    if "message_id" in sent:
        sent["message_id"] = f"ESSAI-{batch}-{owner}-{sent['message_id']}"
    return sent


def differences(case: Case, answer: httpx.Response) -> list[str]:
    """What is not as the guide says, one sentence each."""
    answered = said(answer)
    wrong = []
    if answer.status_code != case.status:
        wrong.append(f"statut {answer.status_code}, attendu {case.status}")
    if case.code is not None:
        if answered.get("code") != case.code:
            wrong.append(f"code {answered.get('code')}, attendu {case.code}")
        if answered.get("instruction") != CALL_15:
            wrong.append("le refus ne dit pas d’appeler le 15")
    elif not answered.get("reference"):
        wrong.append("la réponse n’a pas de référence")
    missing = case.warnings - {warning.get("code") for warning in answered.get("warnings", ())}
    wrong += [f"avertissement {code} absent" for code in sorted(missing)]
    for name, expected in (case.says or {}).items():
        if answered.get(name) != expected:
            wrong.append(f"{name} : {answered.get(name)}, attendu {expected}")
    return wrong


def said(answer: httpx.Response) -> dict[str, Any]:
    """The document of an answer; nothing when it is not one."""
    try:
        parsed = answer.json()
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}
