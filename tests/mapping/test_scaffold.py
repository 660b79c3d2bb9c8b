"""`passerelle mapping new`: a draft from a WSDL or a JSON Schema, filled where the check says, is a mapping that writes the contract."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gateway.cli import main
from mapping import SHIPPED, load_catalogue
from tests.mapping.made_up import victim

if TYPE_CHECKING:
    from pathlib import Path

ALLOW = """recipient: essai
source: convention d'essai du 3 mars 2026, article 2
allow:
  victim: [mode, victim.id, victim.severity, victim.birth_date, victim.given_name, event.id, recorded_at]
"""
TABLE = "canon,wire,label,lossy,source\nUA,1,Urgence absolue,,convention v1\nUR,2,Urgence relative,,convention v1\nIMP,3,Impliqué,,convention v1\nDCD,4,Décédé,,convention v1\nNC,5,Non codé,,convention v1\n"
WSDL = """<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:xs="http://www.w3.org/2001/XMLSchema"
    xmlns:e="urn:essai:accueil" targetNamespace="urn:essai:accueil">
  <types>
    <xs:schema targetNamespace="urn:essai:accueil" elementFormDefault="qualified">
      <xs:element name="Annonce">
        <xs:complexType>
          <xs:sequence>
            <xs:element name="reference" type="xs:string"/>
            <xs:element name="patient">
              <xs:complexType>
                <xs:sequence>
                  <xs:element name="gravite"><xs:simpleType><xs:restriction base="xs:string">
                    <xs:enumeration value="1"/><xs:enumeration value="2"/><xs:enumeration value="3"/>
                    <xs:enumeration value="4"/><xs:enumeration value="5"/></xs:restriction></xs:simpleType></xs:element>
                  <xs:element name="given_name" type="xs:string" minOccurs="0"/>
                </xs:sequence>
                <xs:attribute name="dossier" type="xs:string" use="required"/>
              </xs:complexType>
            </xs:element>
            <xs:element name="remarque" type="xs:string" minOccurs="0" maxOccurs="unbounded"/>
          </xs:sequence>
        </xs:complexType>
      </xs:element>
    </xs:schema>
  </types>
</definitions>
"""
SCHEMA = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "definitions": {
        "Annonce": {
            "type": "object",
            "required": ["reference", "patient"],
            "additionalProperties": False,
            "properties": {
                "reference": {"type": "string"},
                "patient": {
                    "type": "object",
                    "required": ["dossier", "gravite"],
                    "additionalProperties": False,
                    "properties": {
                        "dossier": {"type": "string"},
                        "gravite": {"enum": ["1", "2", "3", "4", "5"]},
                        "given_name": {"type": "string"},
                    },
                },
                "remarque": {"type": "array", "items": {"type": "string"}},
            },
        }
    },
}
FILLED = {
    "reference": "from: event.id",
    "patient.@dossier": "from: victim.id",
    "patient.dossier": "from: victim.id",
    "patient.gravite": "from: victim.severity, table: essai/gravite",
}
"""What a person writes in the place of what the draft could not know."""
CONTRACTS = {"accueil.wsdl": WSDL, "accueil.schema.json": json.dumps(SCHEMA)}


def folder_of(tmp_path: Path) -> Path:
    """A deployment that has the contract, its law and one table, and no mapping."""
    files = {"recipients/essai.yaml": ALLOW, "tables/essai/gravite.csv": TABLE}
    files |= {f"contracts/{name}": text for name, text in CONTRACTS.items()}
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def filled(draft: str) -> str:
    """The draft with each rule that was left open given its source, and the remarks that nobody has taken out."""
    lines = []
    for line in draft.splitlines():
        named = re.match(r'  - \{to: "?([\w.@]+)(?:\[0\])?"?, (?:from|each): ', line)
        if named and named[1] in FILLED:
            lines.append(f'  - {{to: "{named[1]}", {FILLED[named[1]]}}}')
        elif not (named and named[1] == "remarque"):
            lines.append(line)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_a_draft_that_is_filled_where_the_check_says_passes(
    tmp_path: Path, contract: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The draft has every element in order; the check names what is open; filled, it has no fault and writes the contract."""
    folder = folder_of(tmp_path)
    said = ["essai/annonce@1", "--topic", "victim", "--target", f"{contract}#Annonce", "--dir", str(folder)]
    assert main(["mapping", "new", *said]) == 0
    path = folder / "files" / "essai" / "annonce@1.yaml"
    draft = path.read_text(encoding="utf-8")
    capsys.readouterr()
    assert main(["mapping", "check", "--dir", str(folder)]) == 1
    told = capsys.readouterr().out
    open_lines = [number for number, line in enumerate(draft.splitlines(), 1) if "À-COMPLÉTER" in line]
    assert open_lines
    assert all(f"annonce@1.yaml:{number}:" in told for number in open_lines), told
    path.write_text(filled(draft), encoding="utf-8")
    assert main(["mapping", "check", "--dir", str(folder)]) == 0, capsys.readouterr().out
    capsys.readouterr()
    mapping = load_catalogue(SHIPPED, folder).mapping("essai/annonce@1")
    written = mapping.write(victim(given_name="Essai"))
    read = mapping.form.read(written)
    assert read["patient"]["gravite"] == mapping.apply(victim())["patient"]["gravite"]
    assert read["patient"]["given_name"] == "Essai"


@pytest.mark.parametrize("contract", sorted(CONTRACTS))
def test_a_draft_is_never_written_over(tmp_path: Path, contract: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The same name twice is refused, a document that the contract has not is told with the one it has."""
    folder = folder_of(tmp_path)
    said = ["--topic", "victim", "--dir", str(folder), "--target"]
    assert main(["mapping", "new", "essai/annonce@1", *said, f"{contract}#Anonce"]) == 2
    assert "vouliez-vous « Annonce » ?" in capsys.readouterr().err
    assert main(["mapping", "new", "essai/annonce@1", *said, f"{contract}#Annonce"]) == 0
    assert main(["mapping", "new", "essai/annonce@1", *said, f"{contract}#Annonce"]) == 2
    assert "existe déjà" in capsys.readouterr().err
