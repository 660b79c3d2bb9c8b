"""JSON to XML and back, driven by the shape of each message."""
