"""The models that the perimeters of a deployment speak, and the topic of what answers a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

from adapters.lrm.hubsante.models.models import Models, ModelsError, read_models

if TYPE_CHECKING:
    from pathlib import Path

REPLY = "hub.reply"
"""The topic of an answer: an RC-REF, or an RS-ERROR; it goes out by the perimeter that the message came through."""


def models_of(folder: Path, version: int) -> Models:
    """The models of one version in the configured folder: its own, or those of `releases/<version>.x` in it."""
    for candidate in (folder, folder / "releases" / f"{version}.x"):
        if (candidate / "json-schema").is_dir():
            models = read_models(candidate)
            if models.version == version:
                return models
    raise ModelsError(f"aucun modèle de version {version} dans {folder}")
