"""Who comes in, and where they may go. Nobody comes in without a key; what no rule allows is refused."""
