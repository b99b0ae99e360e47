"""Tessera's models: each package learns from ``mart_*`` tables and writes ``ml.*`` tables."""
