"""Synthetic: a made-up company of any size with a known truth, to judge marts and models by."""
