"""`passerelle demo`: the event, the people of the simulated SAMU, the pages."""
