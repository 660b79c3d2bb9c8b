"""Listening: an application on a socket, within limits that anyone may run into before anyone has said who it is."""

from gateway.serving.limits import Limits
from gateway.serving.listening import serving, settle_memory, until_told_to_stop

__all__ = ["Limits", "serving", "settle_memory", "until_told_to_stop"]
