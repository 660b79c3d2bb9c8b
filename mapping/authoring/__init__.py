"""What an integrator asks while writing a mapping: drafts, proposals, words that may be used, previews."""
