"""What a mapping file may say: YAML with its places, rules, paths, targets and expressions."""
