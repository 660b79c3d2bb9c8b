"""Every family of commands is there, says what it is for, and is imported only when asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from gateway.cli import FAMILIES, main

FOLDER = Path(__file__).resolve().parents[2] / "gateway/cli"


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_answers_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """`passerelle <family> --help` explains it and exits with 0."""
    with pytest.raises(SystemExit) as ended:
        main([name, "--help"])
    assert ended.value.code == 0
    assert f"passerelle {name}" in capsys.readouterr().out


def test_every_file_that_declares_a_family_is_known() -> None:
    """A new family that nobody listed would be out of reach."""
    declared = {
        name
        for path in FOLDER.rglob("*.py")
        for name in [path.parent.name if path.stem == "commands" else path.stem]
        if f'add_parser("{name}"' in path.read_text(encoding="utf-8")
    }
    assert declared == set(FAMILIES)


def test_help_needs_none_of_the_heavy_rooms() -> None:
    """Asking what there is imports no adapter, no database and no mapping."""
    code = (
        "import sys; from gateway.cli import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print([name for name in ('sqlalchemy', 'zeep', 'mapping', 'adapters') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_an_unknown_command_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The known ones are named."""
    assert main(["envoyer"]) == 2
    assert "serve" in capsys.readouterr().err
