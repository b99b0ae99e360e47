"""Errors: what can go wrong at the door, each saying what happened and what to do."""

from pathlib import Path


class LandingError(RuntimeError):
    """Something about a contract or a delivery that a person has to look at."""


class ContractError(LandingError):
    """A contract says something landing cannot follow."""

    def __init__(self, file: Path, line: int | None, problem: str) -> None:
        """Name the contract's ``file``, the ``line`` where it is known, and the ``problem``."""
        where = f"{file}:{line}" if line else str(file)
        super().__init__(f"{where}: {problem}")


class ExtractMissingError(LandingError):
    """A required source has delivered nothing, or nothing recent enough."""


class ExtractRefusedError(LandingError):
    """A delivered file is not what its contract or its manifest says; nothing of it landed."""


class UnreadableError(ExtractRefusedError):
    """A file went away or cannot be opened, so nobody knows its bytes."""


class LandingBusyError(LandingError):
    """Another landing, or another program, holds the warehouse; nothing was begun."""
