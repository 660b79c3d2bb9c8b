"""The boards as files that a person keeps: spreadsheet and printable page, each frozen at its stamp."""
