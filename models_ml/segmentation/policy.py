"""Policy: when a segment is the same segment, when a retrain may lead, when a customer may move."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class IdentityPolicy:
    """Everything that decides how much may change from one day, or model, to the next."""

    # A new segment continues an old one.
    min_overlap: float = 0.3  # Jaccard of firm members; two halves of a split each have a half
    min_likeness: float = 0.75  # 1 - mean difference of standings; strangers are near 0.65
    part_share: float = 0.5  # of a segment's members in another: then it split off, or merged
    name_slack: float = 0.2  # how far a name's bounds may be overstepped before the name is a lie
    compared_customers: int = 100_000  # a share of so many is known to a third of a per cent

    # A retrain leads by itself.
    max_moved_share: float = 0.1  # more would have to be explained to every marketer
    drift_psi: float = 0.2  # from here on a population counts as changed (Siddiqi, 2006)

    # A customer moves.
    switch_margin: float = 0.1  # nearer by this part of both distances: moves the same day
    switch_days: int = 3  # nearer by less: moves when it has been so for as many days
