"""What may be asked of a victim, and what the rules make of it: observations, or a refusal in words."""
