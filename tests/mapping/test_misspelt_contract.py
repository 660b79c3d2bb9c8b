"""A contract that nobody has under the name that a mapping writes: said where it is nearly another's name, never passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mapping import MappingFaultsError, load_catalogue
from mapping.catalogue import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path


def _loaded(folder: Path, target: str) -> str:
    """What is said of a deployment's own mapping to that target."""
    file = folder / "files/sinus/essai@1.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"mapping: sinus/essai@1\nrecipient: sinus\ntopic: victim\ntarget: {target}\nrules:\n  - {{to: mode, from: mode}}\n",
        encoding="utf-8",
    )
    with pytest.raises(MappingFaultsError) as raised:
        load_catalogue(SHIPPED, folder)
    return str(raised.value)


@pytest.mark.parametrize("misspelt", ["sinus-v1.xds", "sinus-v2.xsd", "sinsu-v1.xsd", "Sinus-v1.xsd"])
def test_the_contract_that_was_meant_is_named(tmp_path: Path, misspelt: str) -> None:
    """With the line, and the nearest name that there is."""
    told = _loaded(tmp_path, f"{misspelt}#victime")
    assert "vouliez-vous « sinus-v1.xsd » ?" in told
    assert "sinus/essai@1.yaml:4" in told


def test_a_name_that_no_file_system_takes_is_no_traceback(tmp_path: Path) -> None:
    """Three hundred bytes of a name: not there, like any other; another contract of another name stays unchecked, and told as such."""
    long = "x" * 300 + ".xsd"
    file = tmp_path / "files/sinus/essai@1.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(
        f"mapping: sinus/essai@1\nrecipient: sinus\ntopic: victim\ntarget: {long}#a\nrules:\n  - {{to: mode, from: mode}}\n",
        encoding="utf-8",
    )
    assert "sinus/essai@1" in load_catalogue(SHIPPED, tmp_path).unchecked
