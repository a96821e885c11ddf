"""The questions of analysis: what each asks, and how it is answered."""
