"""`passerelle jobs`: the regular work of the nodes."""
