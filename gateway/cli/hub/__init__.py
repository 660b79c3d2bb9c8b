"""`passerelle hub`: judge and transcode messages, say something to a partner, follow a case."""
