"""Nothing is silently unproved where CI is set."""

from __future__ import annotations

import pytest

from tests.servers import need


def test_a_missing_server_skips_here_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's machine may lack a server; the one that decides may not."""
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="absent"):
        need(condition=False, reason="absent")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="absent"):
        need(condition=False, reason="absent")
    need(condition=True, reason="absent")
