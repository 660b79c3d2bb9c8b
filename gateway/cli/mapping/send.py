"""`passerelle mapping send`: one document, mapped, written by the contract, posted to a system that is being connected.

A try, by hand, outside the outbox: nothing is queued and nothing is sent again. It refuses a document of the real mode
unless that is asked for, and a victim of the register leaves with a masked identity.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import httpx

from mapping import MappingError
from mapping.authoring import tools
from mapping.authoring.tools import ToolReport
from mapping.contracts.writing import DocumentError
from mapping.contracts.xsd import ContractError

if TYPE_CHECKING:
    import argparse

    from mapping import Catalogue, Mapping

PATIENCE = 10.0  # seconds


def with_address(parser: argparse.ArgumentParser) -> None:
    """The options of the verb."""
    parser.add_argument("--to", required=True, metavar="URL", help="où poster le document")
    parser.add_argument("--actual", action="store_true", help="accepter un document du mode réel")


def send(catalogue: Catalogue, mapping: Mapping, canon: dict[str, Any], arguments: argparse.Namespace) -> ToolReport:
    """Map, write, check, post; what the system answered, in one line."""
    if canon.get("mode") != "Exercise" and not arguments.actual:
        return ToolReport(ok=False, text="Ce document est du mode réel : « --actual » dit que c’est voulu.")
    try:
        raw = mapping.write(tools.allowed_of(catalogue, mapping, canon))
        media_type = f"application/{mapping.form.language}"
    except (MappingError, DocumentError, ContractError) as error:
        return ToolReport(ok=False, text=str(error))
    headers = {"Content-Type": media_type, "Idempotency-Key": hashlib.sha256(raw).hexdigest()[:32]}
    try:
        answer = httpx.post(arguments.to, content=raw, headers=headers, timeout=PATIENCE, trust_env=False)
    except httpx.HTTPError as error:
        return ToolReport(ok=False, text=f"Le système ne répond pas ({type(error).__name__}).")
    text = f"Document de {len(raw)} octets ({media_type}) : le système répond {answer.status_code}."
    return ToolReport(ok=answer.is_success, text=text, data={"status": answer.status_code, "bytes": len(raw)})
