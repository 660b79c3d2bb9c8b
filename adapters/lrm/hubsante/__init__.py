"""The national hub of the SAMUs: one public contract, EDXL-DE envelopes over AMQP, kept exactly."""
