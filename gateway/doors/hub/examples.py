"""One example for each message to a partner of the hub: invented, and accepted as it stands."""

from __future__ import annotations

from typing import Any

CASE = "fr.health.samu330.DRFR153326900001"
PATIENT = "fr.health.samu330.patient.DRFR153326900001.1"
AT = "2020-09-01T17:30:00+02:00"
LATER = "2020-09-01T18:10:00+02:00"
VEHICLE: dict[str, Any] = {
    "number": "AR2",
    "type": "SMUR.AR",
    "name": "AR 2",
    "care": "MED",
    "status": "DEPART",
    "status_at": AT,
    "available": False,
}

SAID: dict[str, dict[str, Any]] = {
    "vehicles": {"case_id": CASE, "vehicles": [{**VEHICLE, "patient_id": PATIENT}]},
    "vehicle-status": {"case_id": CASE, "number": "AR2", "status": "TRANSP", "status_at": LATER},
    "help-request": {"case_id": CASE, "number": "D1", "purpose": "SMUR", "deadline": "30M", "note": "Deux UA au PMA"},
    "help-answer": {
        "case_id": CASE,
        "request_id": "fr.health.samu330.request.DRFR153326900001.1",
        "answer": "ACCEPTEE",
        "deadline": "ASAP",
    },
    "case-word": {"case_id": CASE, "owner": "fr.health.samu330", "status": "CLOTURE", "note": "Retour de mission"},
    "positions-request": {"to": "fr.health.samu330", "resource_ids": ["fr.health.samu330.resource.VLM1"]},
    "engagement": {
        "to": "fr.health.test.tablette",
        "case_id": CASE,
        "vehicles": [{"type": "SMUR.AR", "name": "AR 2", "care": "MED", "note": "Deux UA au PMA"}],
    },
    "positions": {
        "to": "fr.health.samu330",
        "positions": [
            {"number": "AR2", "at": AT, "latitude": 44.8378, "longitude": -0.5792, "speed": 63.0, "move": "MOBILE"}
        ],
    },
    "resource-details": {
        "to": "fr.health.samu330",
        "resources": [
            {
                "number": "AR2",
                "name": "AR 2",
                "type": "SMUR",
                "mobility": "VEHICULE",
                "capacity": "MEDICALE",
                "contacts": [{"type": "PHNADD", "details": "+33555000001"}],
            }
        ],
    },
    "appointment": {
        "to": "fr.health.samu330",
        "number": "rdv-essai-1",
        "created_at": AT,
        "start_at": LATER,
        "status": "booked",
        "category": "CPTS",
        "regulator": {"name": "ESSAI", "given_name": "Alice", "email": "alice.essai@exemple.fr"},
    },
    "document-links": {
        "case_id": CASE,
        "patient_id": PATIENT,
        "documents": [{"type": "ECG", "url": "https://tablette.exemple.fr/ecg/1"}],
    },
    "report": {
        "case_id": CASE,
        "number": "BILAN-1",
        "written_at": AT,
        "role": "MEDECIN",
        "patient": {"patient_id": PATIENT, "name": "ESSAI", "given_name": "Alice", "sex": "F"},
        "measures": [{"type": "FREQUENCE_CARDIAQUE", "value": "120"}],
        "notes": ["Stable au départ"],
    },
    "mission-summary": {
        "to": "fr.health.oru",
        "context": {
            "organisation": "fr.health.samu330",
            "case_number": "DRFR153326900001",
            "created_at": AT,
            "decided_at": AT,
            "finess_legal": "330781253",
            "finess_geo": "330781253",
            "structure": "0",
        },
        "regulation": {"what_happens": {"code": "C02.05.01"}, "health_motive": {"code": "M03.12"}, "care": "MED"},
        "patient": {"patient_id": PATIENT, "birth_date": "1990-02-03", "sex": "F"},
        "intervention": {
            "insee_code": "33063",
            "city": "Bordeaux",
            "doctor": True,
            "nurse": True,
            "driver": True,
            "times": {"left_base_at": AT, "available_at": LATER, "back_at": LATER},
            "diagnosis": "S72.0",
        },
        "orientation": {"type": "SANS"},
    },
    "fire-case": {
        "to": "fr.fire.nexsis.sdis33",
        "number": "EVT-1",
        "started_at": AT,
        "what_happens": {"code": "C02.05.01", "label": "Douleur"},
        "victims": 12,
        "place": {"name": "Stade", "address": "1 rue de l’Essai", "city": "Bordeaux", "insee_code": "33063"},
    },
    "fire-vehicles": {"case_id": CASE, "to": "fr.fire.nexsis.sdis33", "vehicles": [VEHICLE]},
}
