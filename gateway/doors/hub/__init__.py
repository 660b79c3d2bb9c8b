"""The doors of the Hub Santé: say something to a partner, follow a case, judge a message."""
