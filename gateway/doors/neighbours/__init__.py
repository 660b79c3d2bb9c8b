"""The doors of those who tell us of persons: establishments; and of those who decide about persons that nobody here knows."""
