"""Errors: what can go wrong between a source and the landing folder, and what to do about it."""


class ExtractionError(RuntimeError):
    """Something about a source, or about how it is described, that a person has to look at."""


class DescriptionError(ExtractionError):
    """A description of an extract says something extraction cannot follow."""


class CursorError(ExtractionError):
    """The saved cursors do not say where to go on: one is damaged, or some are missing."""


class SourceError(ExtractionError):
    """The source did not answer, or answered something that cannot be used."""
