"""Whether a mapping is true: checks, golden pairs, masked documents, and where a refusal comes from."""
