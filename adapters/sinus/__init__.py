"""SINUS, the count of the ministère de l'Intérieur: events, victims, detached numbers and counts, told and read back."""

from adapters.sinus.adapter import SinusAdapter, open_sinus

__all__ = ["SinusAdapter", "open_sinus"]
