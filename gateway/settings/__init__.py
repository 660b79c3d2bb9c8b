"""What a deployment says: one frozen object, read once, from `passerelle.toml` and the environment."""
