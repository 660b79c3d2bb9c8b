"""The doors of the SI-Samu portal: events, patients, boards, batch, stream."""
