"""What patients are told, when, over which channel, and the proof that it went."""
