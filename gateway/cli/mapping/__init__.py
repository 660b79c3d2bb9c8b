"""`passerelle mapping`: check, try, draft, compare, activate, send."""
