"""Measures: columns in, columns out, no state."""
