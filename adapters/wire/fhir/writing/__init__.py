"""What we say in FHIR: outcomes, tasks, messages, counts."""
