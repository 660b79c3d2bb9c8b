"""Who is invited: settings, composition, intake, register, doors, security, console, command line."""
