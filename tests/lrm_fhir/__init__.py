"""A CRRA that speaks FHIR."""
