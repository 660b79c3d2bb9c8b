"""Documents that the published contract shows. Persons are invented, and look it."""

from __future__ import annotations

from typing import Any, Final

EVENT: dict[str, Any] = {
    "name": "Match de Rugby Toulouse VS Pau",
    "type": "ACEL",
    "mode": "Exercise",
    "started_at": "2020-09-01T17:00:00+02:00",
    "localisations": [{"name": "Parking Ambulance"}, {"name": "PMA"}],
}

OPERATIONS: dict[str, dict[str, Any]] = {
    "create": {
        "severity_entry": "UR",
        "sinus_number": "FR 825 NOVI - 0000 TR - 123123",
        "used_name": "ESSAI",
        "given_name": "Josette",
        "sex": "F",
        "age": {"value": 68, "unit": "years"},
        "happened_at": "2020-09-01T17:31:00+02:00",
        "author": "arm-essai",
    },
    "replace": {"severity_entry": "UR", "used_name": "ESSAI", "sex": "F"},
    "change": {"birth_date": "1952-03-14", "nationality": "FRA"},
    "triage": {"stage": "exit", "severity": "UA"},
    "bilan": {"text": "Texte du bilan.", "severity_exit": "UR"},
    "decide_orientation": {"choice": "ETABLISSEMENT", "destination": {"finess": "310781406", "name": "CHU d’essai"}},
    "ask_evacuation": {"vector": "SMUR.AR"},
    "confirm_evacuation": {"happened_at": "2020-09-01T17:52:00+02:00"},
    "decide_number": {"choice": "same_person", "reason": "bracelet vérifié au PMA"},
    "delete": {"reason": "doublon"},
}

SWAP: Final = {"patient_id": "p1", "other_patient_id": "p2", "reason": "Pièces d’identité confondues au PMA."}
REBIND: Final = {
    "number": "FR 825 NOVI - 0000 TR - 123123",
    "from_patient_id": "p1",
    "to_patient_id": "p2",
    "reason": "Bracelet lu sur un sac.",
}
