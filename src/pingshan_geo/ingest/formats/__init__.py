"""Readers of foreign files: each gives a `Delivery`; `opening` finds the one for a file."""
