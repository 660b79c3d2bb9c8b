"""FHIR R4 at our doors."""
