"""Debian's Chromium, opened once for the tests of a file."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.servers import need

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

expect.set_options(timeout=15_000)  # milliseconds: a page is waited for, also on a machine that does something else

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextmanager
def sheet(browser: Browser, *, forgiven: str | None = None, **context: Any) -> Iterator[Page]:
    """A fresh page at the smallest supported size; no script of it may fail.

    With `forgiven`, its console must stay silent too, but for what that pattern finds.
    """
    opened = browser.new_context(viewport={"width": 1280, "height": 800}, **context)
    page = opened.new_page()
    broken: list[str] = []
    said: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    yield page
    opened.close()
    assert broken == []
    assert forgiven is None or [one for one in said if not re.search(forgiven, one)] == []


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real browser, or a skip that says it is missing."""
    path = shutil.which("chromium")
    need(path is not None, "chromium is not installed")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield opened
        opened.close()
