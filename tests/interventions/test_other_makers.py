"""Clients of other makers, over a real socket: zeep in Python, the package `soap` in Node where it is installed."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import zeep
from zeep.wsse.username import UsernameToken

from tests.contract.uvicorn_server import serving
from tests.interventions.stage import PASSWORD, PLATFORM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.interventions.stage import Stage

DEMANDE: dict[str, Any] = {
    "idDemande": "DEMANDE-ZEEP-1",
    "horodatage": "2020-09-01T17:00:00+02:00",
    "demandeur": {"structureId": "1750712184", "structureNom": "Cellule d’essai", "rappel": "+33100000000"},
    "patient": {"nom": "TESTE", "prenom": "Angèle", "anneeNaissance": "1952", "sexe": "F"},
    "lieu": {"adresse": "12 rue de l’Exemple", "commune": "Melun", "codeInsee": "77288"},
    "noteSuivi": "SpO2 84 %",
}
NODE = """
const soap = require('soap');
const [url, key, demande] = process.argv.slice(2);
(async () => {
  const client = await soap.createClientAsync(url + '/soap/intervention?wsdl');
  client.addHttpHeader('Authorization', 'Bearer ' + key);
  const [asked] = await client.DemanderInterventionAsync({demande: JSON.parse(demande)});
  const [read] = await client.ConsulterDemandeAsync({idDemande: asked.accuse.idDemande});
  let refused = '';
  try { await client.ConsulterDemandeAsync({idDemande: 'INCONNUE'}); } catch (error) { refused = error.root.Envelope.Body.Fault.detail.DemandeFault.code; }
  console.log(JSON.stringify([asked.accuse.reference, read.accuse.etat, refused]));
})().catch(error => { console.error(String(error)); process.exit(1); });
"""


def zeep_calls(url: str, port: str, token: UsernameToken | None, key: str | None) -> list[Any]:
    """What a zeep client asks, follows, and is refused."""
    client = zeep.Client(f"{url}/soap/intervention?wsdl", wsse=token)
    if key:
        client.transport.session.headers["Authorization"] = f"Bearer {key}"
    service = client.bind("InterventionSamu", port)
    asked = service.DemanderIntervention(demande=DEMANDE)
    read = service.ConsulterDemande(idDemande="DEMANDE-ZEEP-1")
    cancelled = service.AnnulerDemande(annulation={"idDemande": "DEMANDE-ZEEP-1"})
    with pytest.raises(zeep.exceptions.Fault) as refused:
        service.DemanderIntervention(
            demande={**DEMANDE, "idDemande": "AUTRE", "lieu": {"codeInsee": "75056", "adresse": "x"}}
        )
    return [asked.reference, read.reference, read.etat, cancelled.etat, refused.value.message]


@pytest.mark.parametrize("port", ["InterventionSoap11", "InterventionSoap12"])
@pytest.mark.parametrize("by", ["key", "clear", "digest"])
async def test_zeep_asks_follows_and_cancels(stage: Stage, port: str, by: str) -> None:
    """From our WSDL alone, in both versions, by each way to prove oneself."""
    key = stage.keys[PLATFORM]
    token = {
        "key": None,
        "clear": UsernameToken(PLATFORM, key),
        "digest": UsernameToken(PLATFORM, PASSWORD, use_digest=True, created=stage.clock()),
    }[by]
    async with serving(stage.app) as server:
        url = server.url.replace("localhost", "127.0.0.1")
        if by == "digest":
            # zeep draws one token per client: a nonce seen twice is refused, so each call is by a client of its own.
            client = await asyncio.to_thread(zeep.Client, f"{url}/soap/intervention?wsdl", wsse=token)
            service = client.bind("InterventionSamu", port)
            asked = await asyncio.to_thread(service.DemanderIntervention, demande=DEMANDE)
            assert asked.etat == "TRANSMISE"
            return
        said = await asyncio.to_thread(zeep_calls, url, port, token, key if by == "key" else None)
    assert said[0] == said[1]
    assert said[2:4] == ["TRANSMISE", "ANNULEE"]
    assert "appelez le 15" in said[4]


async def test_the_node_package_soap_asks_and_follows(stage: Stage, tmp_path: Path) -> None:
    """The most used client outside Java and .NET reads our WSDL and our faults."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not installed")
    installed = await asyncio.to_thread(
        subprocess.run,
        [npm, "install", "--silent", "--no-audit", "--no-fund", "soap@1"],
        cwd=tmp_path,
        check=False,
        timeout=90,
    )
    if installed.returncode != 0:
        pytest.skip("the package soap could not be installed")
    (tmp_path / "essai.js").write_text(NODE)
    async with serving(stage.app) as server:
        url = server.url.replace("localhost", "127.0.0.1")
        command = [node, "essai.js", url, stage.keys[PLATFORM], json.dumps(DEMANDE)]
        ran = await asyncio.to_thread(
            subprocess.run, command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=30
        )
    assert ran.returncode == 0, ran.stderr
    reference, state, refused = json.loads(ran.stdout)
    assert (len(reference), state, refused) == (9, "TRANSMISE", "DEMANDE_INCONNUE")
