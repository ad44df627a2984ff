"""Do plain values fit an annotation, and what are they then? Parameters, JSON and commands in."""
