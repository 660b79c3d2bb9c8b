"""The memory of the Hub Santé: messages, cases, steps."""
