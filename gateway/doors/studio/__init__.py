"""The doors of the integrator: mappings in force, drafts checked and tried, codes without a pair."""
