"""FHIR R4 as the doors and the adapters both speak it."""
