"""What a message of the hub says, in words of ours: its content held to a small schema of our own, then mapped by files."""
