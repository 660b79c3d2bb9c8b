"""The open house is the same as in the gateway's own tests."""

from tests.gateway.conftest import house

__all__ = ["house"]
