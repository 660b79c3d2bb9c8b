"""The FHIR R4 doors: requests, events, and what an integrator reads first."""
