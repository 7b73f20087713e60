"""People and their data: what they may ask for, what is forgotten, and the proof of both."""
