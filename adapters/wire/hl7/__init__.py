"""HL7 v2 as hospitals send it: messages into trees, acknowledgements back, and MLLP to carry both."""
