"""Fixtures of the hub's tests."""

from __future__ import annotations

from tests.servers.rabbitmq import rabbitmq

__all__ = ["rabbitmq"]
