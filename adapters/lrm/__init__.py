"""The software of the CRRAs (logiciels de régulation médicale), one folder per wire."""
