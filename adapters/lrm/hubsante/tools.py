"""Self-service: judge message files against a models folder, and turn one into the other form.

`passerelle hub validate` and `passerelle hub transcode`; also `python -m adapters.lrm.hubsante.tools`. It needs no hub, no
broker and no settings, and prints no value of a message: paths and rules only, so its output may be sent to anyone.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from adapters.lrm.hubsante.codec.into_json import to_json
from adapters.lrm.hubsante.codec.into_xml import to_xml, xml_bytes
from adapters.lrm.hubsante.judge.findings import Finding, Part, Verdict
from adapters.lrm.hubsante.judge.judgement import Judge
from adapters.lrm.hubsante.models.models import ModelsError, read_models
from adapters.lrm.hubsante.wire.documents import (
    Format,
    UnreadableError,
    number_fragment,
    read_json_exactly,
    read_xml,
    told_format,
)
from adapters.lrm.hubsante.wire.layout import CodecError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from adapters.lrm.hubsante.models.models import Models

OK, INVALID, USAGE = 0, 1, 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 when a document is invalid, 2 when the command cannot be run."""
    parser = argparse.ArgumentParser(prog="passerelle hub", description=(__doc__ or "").splitlines()[0])
    add_commands(parser)
    given = parser.parse_args(argv)
    return run(given)


def add_commands(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[argparse.ArgumentParser]:
    """Mount `validate` and `transcode` on a parser; gives where others may be mounted."""
    commands = parser.add_subparsers(dest="hub_command", required=True)
    validate = commands.add_parser("validate", help="dire si des messages sont conformes, une ligne par fichier")
    transcode = commands.add_parser("transcode", help="écrire un message dans l’autre forme")
    for command in (validate, transcode):
        command.add_argument(
            "--models", type=Path, required=True, metavar="DIR", help="dossier avec json-schema/ et xsd/"
        )
    validate.add_argument("--json", action="store_true", help="une ligne JSON par fichier")
    validate.add_argument("files", type=Path, nargs="+", metavar="FICHIER")
    transcode.add_argument("--to", choices=("json", "xml"), required=True, help="forme voulue")
    transcode.add_argument("file", type=Path, metavar="FICHIER")
    return commands


def run(given: argparse.Namespace) -> int:
    """Run the command parsed by `add_commands`."""
    try:
        models = read_models(given.models)
        if given.hub_command == "validate":
            return _validate(models, given.files, machine=given.json)
        return _transcode(models, given.file, Format.XML if given.to == "xml" else Format.JSON)
    except (ModelsError, OSError) as error:
        _say(f"passerelle hub : {error}", sys.stderr)
        return USAGE


def _validate(models: Models, paths: Iterable[Path], *, machine: bool) -> int:
    judge = Judge(models)
    valid = True
    for path in _files(paths):
        verdict = _judged(judge, path)
        valid = valid and verdict.valid
        _say(orjson.dumps(described(path, verdict, models)).decode() if machine else line(path, verdict))
    return OK if valid else INVALID


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in {".json", ".xml"})
        else:
            yield path


def _judged(judge: Judge, path: Path) -> Verdict:
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or "lecture impossible"
        return Verdict(
            told_format(path.suffix.lower().encode()),
            faults=(Finding(Part.DOCUMENT, "", f"fichier illisible : {reason}"),),
        )
    return judge.judge(raw)


def line(path: Path, verdict: Verdict) -> str:
    """One line for a person: the file, the verdict, then each fault and each flag."""
    kind = " ".join(
        word for word in (verdict.name, verdict.form.value if verdict.form else None, verdict.format.name) if word
    )
    notes = [str(fault) for fault in verdict.faults]
    notes += ["d’autres fautes ne sont pas listées"] if verdict.more else []
    notes += [f"à voir : {flag}" for flag in verdict.flags]
    word = "valide" if verdict.valid else "INVALIDE"
    return f"{path} : {word} ({kind})" + (f" — {' ; '.join(notes)}" if notes else "")


def described(path: Path, verdict: Verdict, models: Models) -> dict[str, Any]:
    """The same for a machine."""
    return {
        "file": str(path),
        "valid": verdict.valid,
        "format": verdict.format.name.lower(),
        "form": verdict.form.name.lower() if verdict.form else None,
        "message": verdict.name,
        "key": verdict.key,
        "model": models.version,
        "code": verdict.code,
        "faults": [_told(fault) for fault in verdict.faults],
        "more": verdict.more,
        "flags": [_told(flag) for flag in verdict.flags],
    }


def _told(finding: Finding) -> dict[str, Any]:
    return {
        "part": finding.part.name.lower(),
        "path": finding.path,
        "text": finding.text,
        "code": finding.code,
        "hub": finding.hub,
    }


def _transcode(models: Models, path: Path, wanted: Format) -> int:
    raw = path.read_bytes()
    judge = Judge(models)
    verdict = judge.judge(raw, flags=False)
    if not verdict.valid:
        _say(line(path, verdict), sys.stderr)
        return INVALID
    try:
        written, left_out = transcoded(raw, models, wanted)
    except (CodecError, UnreadableError) as error:
        _say(f"{path} : ne peut pas s’écrire en {wanted.name} — {error}", sys.stderr)
        return INVALID
    sys.stdout.buffer.write(written + b"\n")
    sys.stdout.flush()
    for place in left_out:
        _say(f"{path} : sans équivalent JSON, laissé de côté — {place}", sys.stderr)
    after = judge.judge(written, wanted, flags=False)
    if not after.valid:
        _say(f"{path} : le résultat n’est pas conforme — {line(path, after)}", sys.stderr)
        return INVALID
    return OK


def transcoded(raw: bytes, models: Models, wanted: Format) -> tuple[bytes, list[str]]:
    """The bytes of a valid document in the wanted form, in the order of its schema, and what was left out."""
    if told_format(raw) is Format.JSON:
        root = to_xml(read_json_exactly(raw), models)
        if wanted is Format.XML:
            return xml_bytes(root), []
        return json_bytes(to_json(root, models).tree), []
    decoded = to_json(read_xml(raw), models)
    if wanted is Format.XML:
        return xml_bytes(to_xml(decoded.tree, models)), decoded.left_out
    return json_bytes(decoded.tree), decoded.left_out


def json_bytes(tree: object) -> bytes:
    """JSON for people and machines; a Decimal keeps its digits."""
    return orjson.dumps(tree, default=number_fragment, option=orjson.OPT_INDENT_2)


def _say(text: str, stream: Any = None) -> None:  # noqa: ANN401 - a text stream
    print(text, file=stream or sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
