"""What partners say, for people: its content in words, and what it asks of somebody."""
