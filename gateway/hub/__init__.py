"""The Hub Santé inside the house: what it hands over is kept and answered, what we sent is followed step by step."""
