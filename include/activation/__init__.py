"""Activation: the audiences dbt built, handed to the channels as files."""
