"""The commented `passerelle.toml` and the settings say the same."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import BaseModel

from adapters.wire.link import Link
from gateway.settings.settings import Settings, load

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

NEIGHBOURS = ("sivic", "lrm", "lrm_fhir", "lrms", "hub", "portal", "platforms", "destinations", "hospitals")
INVENTED = re.compile(r"(platforms|lrms|portals|destinations|topics|hospitals|local_people)\.(?:essai|hopital|victim)")
ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "passerelle.toml"


def keys_of(model: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Every leaf of the settings, by its dotted path."""
    found: dict[str, FieldInfo] = {}
    for name, info in model.model_fields.items():
        inner = [
            one
            for one in (info.annotation, *get_args(info.annotation))
            if isinstance(one, type) and issubclass(one, BaseModel)
        ]
        if inner:
            found |= keys_of(inner[0], f"{prefix}{name}.")
        else:
            found[f"{prefix}{name}"] = info
    return found


def shown() -> dict[str, str]:
    """Every key of the file, live or commented, by its dotted path, with the text of its value."""
    section, found = "", {}
    for line in FILE.read_text(encoding="utf-8").splitlines():
        bare = line.removeprefix("# ")
        if title := re.fullmatch(r"\[\[?([a-z._]+)\]?\]", bare):
            # A platform, one of several softwares, a destination and a topic are shown under an invented name.
            section = INVENTED.sub(r"\1", title[1]) + "."
        elif pair := re.fullmatch(r'("?[a-z_.]+"?) = (.+)', bare):
            found[section + pair[1].strip('"')] = pair[2]
    return found


def test_the_shipped_file_is_the_defaults() -> None:
    """Reading the shipped file gives exactly what reading no file gives."""
    assert load(FILE).model_dump() == load(ROOT / "absent.toml").model_dump()


def test_every_key_is_in_the_file() -> None:
    """A key that exists is shown, live or commented; the four links share one explanation."""
    link_keys = {f"{neighbour}.link.{name}" for neighbour in NEIGHBOURS for name in Link.model_fields}
    deliveries = {
        f"{neighbour}.delivery.{name}" for neighbour in NEIGHBOURS for name in ("concurrency", "schedule", "rate")
    }
    explained_once = (link_keys - {f"{neighbour}.link.url" for neighbour in NEIGHBOURS}) | deliveries
    missing = set(keys_of(Settings)) - set(shown()) - explained_once - {"mappings"}
    assert missing == set()


def test_every_key_of_the_file_exists() -> None:
    """Nothing is shown that would be refused."""
    known = set(keys_of(Settings))
    assert {key for key in shown() if not key.startswith("mappings.")} <= known


@pytest.mark.parametrize("path", sorted(keys_of(Settings)))
def test_every_key_says_what_it_is(path: str) -> None:
    """Each key carries its own French description, for `check` and for the reference."""
    assert keys_of(Settings)[path].description


def test_a_commented_example_is_accepted_once_uncommented() -> None:
    """Taking the marks away from the neighbours' sections gives settings that load."""
    text = FILE.read_text(encoding="utf-8")
    live, _, neighbours = text.partition("# [sinus.link]")
    lines = ("# [sinus.link]" + neighbours).splitlines()
    uncommented = [line.removeprefix("# ") for line in lines if re.match(r"# (\[\[?[a-z_.]+\]?\]|[a-z_]+ = )", line)]
    document: dict[str, Any] = tomllib.loads(live + "\n" + "\n".join(uncommented))
    settings = Settings.model_validate(document)
    assert settings.sinus is not None
    assert settings.portal is not None
    assert settings.portal.link.url.endswith("/webhook")
