"""Columns of a delivery → columns of a catalogue: names, units, values."""
