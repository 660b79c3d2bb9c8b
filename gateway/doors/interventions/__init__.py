"""The doors of one click: JSON and SOAP."""
