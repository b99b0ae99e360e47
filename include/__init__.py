"""Tessera's edges: the only code that touches files, databases and the outside."""
