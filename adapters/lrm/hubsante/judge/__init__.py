"""The judgement of a document: every fault with its path and its French words."""
