"""Chunk: what one chunk of customers is drawn from; no chunk knows of another's dice."""

from dataclasses import dataclass

import numpy as np

from include.demo.synthetic.campaigns import Campaigns
from include.demo.synthetic.people import People
from include.demo.synthetic.plan import Floats, Ints, Plan, Random


@dataclass(frozen=True, kw_only=True)
class Chunk:
    """The customers numbered from ``first`` up to ``after``, and their dice."""

    plan: Plan
    people: People
    campaigns: Campaigns
    first: int
    after: int
    random: Random

    @property
    def customers(self) -> Ints:
        """The numbers of its customers."""
        return np.arange(self.first, self.after)

    def trait(self, name: str, customers: Ints) -> Floats:
        """Return one trait of some customers."""
        return self.people.traits[name][customers]
