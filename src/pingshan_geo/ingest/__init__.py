"""A foreign file → rows of a catalogue: nothing shifted, lost or guessed in silence."""
