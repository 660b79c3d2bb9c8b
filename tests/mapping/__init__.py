"""The engine of the mapping room, on a made-up recipient, and the rules that every shipped file keeps."""
