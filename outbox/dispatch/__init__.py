"""What moves messages: claim, deliver, settle, within the slots of each destination."""
