"""Segmentation: groups of customers that behave alike, found by density, named for people."""
