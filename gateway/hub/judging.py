"""A message looked at for a person: envelope, header and content judged apart, by the official models where there are some, and by our rules.

What is looked at is answered to who sent it and kept nowhere. It refuses nothing by a flag: an unknown code is shown, not judged.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING, Any

from adapters.lrm.hubsante.emission.rules import emission_faults
from adapters.lrm.hubsante.judge.findings import Finding, Part, Verdict
from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.models.models import ModelsError
from adapters.lrm.hubsante.perimeters import models_of
from adapters.lrm.hubsante.wire.documents import Format, UnreadableError, read_json, read_xml, told_format
from adapters.lrm.hubsante.wire.envelope import EnvelopeError, read_envelope_xml

if TYPE_CHECKING:
    from pathlib import Path

VERSIONS = (3, 2, 1)
PARTS = (Part.DOCUMENT, Part.ENVELOPE, Part.HEADER, Part.CONTENT)
WITHOUT = (
    "Aucun dossier de modèles n’est réglé (hub.models_dir) : seules nos propres règles sont appliquées ; "
    "les types, les codes et les champs facultatifs ne sont pas vérifiés."
)
UNUSABLE = "Le dossier de modèles réglé ne peut pas être lu : seules nos propres règles sont appliquées."
NOT_OURS = "ce n’est pas l’enveloppe d’un message du hub : nos règles seules ne la jugent pas"
XML_ALONE = "le contenu d’un message XML ne peut être jugé qu’avec le dossier de modèles"


class Judging:
    """The models of a deployment, read at the first look."""

    def __init__(self, models_dir: Path | None) -> None:
        self._folder = models_dir
        self._judges: dict[int, Judge] | None = None
        self._one_at_a_time = Lock()  # libxml2 keeps the errors of the last document.

    async def inspect(self, raw: bytes, model: int | None = None) -> dict[str, Any]:
        """What there is to say of the bytes, in one model, or in the one they suit best. Never raises on bad input."""
        return await asyncio.to_thread(self._inspect, raw, model)

    def _inspect(self, raw: bytes, model: int | None) -> dict[str, Any]:
        with self._one_at_a_time:
            judges = self._open()
            wanted = [judges[model]] if model in judges else list(judges.values())
            if not wanted:
                notice = WITHOUT if self._folder is None else UNUSABLE
                return {**_told(_by_our_rules(raw, model or VERSIONS[0]), None, ()), "notice": notice, "models": []}
            verdicts = [(judge.judge(raw), judge.models.version) for judge in wanted]
            verdict, version = min(verdicts, key=lambda judged: (len(judged[0].faults), judged[0].more, -judged[1]))
            advice = () if verdict.faults else _advice(raw, version)
            return {**_told(verdict, version, advice), "notice": "", "models": sorted(judges)}

    def _open(self) -> dict[int, Judge]:
        if self._judges is None:
            self._judges = {}
            for version in VERSIONS:
                with suppress(ModelsError, OSError):
                    if self._folder is not None:
                        self._judges[version] = Judge(models_of(self._folder, version))
        return self._judges


def _by_our_rules(raw: bytes, version: int) -> Verdict:
    """What our own rules say of any message, as if its sender were us."""
    form = told_format(raw)
    try:
        if form is Format.XML:
            read_envelope_xml(read_xml(raw))
            return Verdict(form, flags=(Finding(Part.CONTENT, "", XML_ALONE),))
        return Verdict(form, faults=_ours(read_json(raw), version))
    except UnreadableError as error:
        return Verdict(form, faults=(Finding(Part.DOCUMENT, "", str(error)),))
    except EnvelopeError as error:
        return Verdict(form, faults=(Finding(Part.ENVELOPE, "", str(error)),))


def _advice(raw: bytes, version: int) -> tuple[Finding, ...]:
    """What the schema lets pass and the hub's own converter, or its routing, does not."""
    if told_format(raw) is Format.XML:
        return ()
    tree = read_json(raw)
    return _ours(tree, version) if isinstance(tree, dict) and "distributionID" in tree else ()


def _ours(tree: Any, version: int) -> tuple[Finding, ...]:  # noqa: ANN401 - any JSON document
    try:
        return emission_faults(tree, version, str(tree.get("senderID", "")))
    except (AttributeError, KeyError, TypeError, ValueError):
        return (Finding(Part.ENVELOPE, "", NOT_OURS),)


def _told(verdict: Verdict, version: int | None, advice: tuple[Finding, ...]) -> dict[str, Any]:
    return {
        "valid": verdict.valid,
        "model": version,
        "format": verdict.format.name,
        "form": verdict.form.value if verdict.form else None,
        "type": verdict.name,
        "code": verdict.code,
        "more": verdict.more,
        "parts": [
            {
                "part": part.value,
                "faults": [_finding(finding) for finding in verdict.faults if finding.part is part],
                "flags": [_finding(finding) for finding in (*verdict.flags, *advice) if finding.part is part],
            }
            for part in PARTS
        ],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {"path": finding.path, "text": finding.text, "code": finding.code}
