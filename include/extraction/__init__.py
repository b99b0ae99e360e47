"""Extraction: fetch what no source delivers as a file, and deliver it to the landing folder."""
