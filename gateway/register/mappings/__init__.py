"""Which mapping is in force since when, and the codes that no table has."""
