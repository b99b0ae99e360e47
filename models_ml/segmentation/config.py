"""Segmentation's settings: what makes customers alike, how groups are found, what is refused."""

from dataclasses import dataclass
from typing import Literal

Transform = Literal["log1p", "sqrt", "identity"]
NoisePolicy = Literal["nearest", "unsegmented"]


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A mart's column as the distance sees it.

    Whole numbers make HDBSCAN find ticks (1, 2, 3 orders) instead of behaviour, so counts are
    dithered: spread evenly over the step below them, by a hash of the customer. Zero stays
    zero: "never" is behaviour, "twice and not three times" is not.
    """

    column: str
    transform: Transform = "log1p"
    is_count: bool = False


@dataclass(frozen=True, kw_only=True)
class SegmentationConfig:
    """Everything a data scientist may turn; logged as the run's parameters."""

    # Present activity and appetite for coupons: of some 1,100 sets of two to five columns tried
    # on the demo, the one that is found again best: on ten monthly snapshots it gave three to
    # seven segments that cover 67 to 95 % of customers. More columns dissolve the density: with
    # thirteen there is one cluster. Value (spend of the year) moves with activity and so names
    # segments without being needed to find them. Web columns are left out: the demo's are
    # synthetic, and they are null before the first web delivery.
    features: tuple[Feature, ...] = (
        Feature(column="spend_30d_amount"),
        Feature(column="coupon_share", transform="sqrt"),
        Feature(column="coupons_redeemed_90d", is_count=True),
    )
    clip: float = 4.0  # robust standard deviations; beyond that, more is only more of the same

    # The grid; shares are of the customers fitted, so that it fits any company.
    cluster_shares: tuple[float, ...] = (0.016, 0.025, 0.04, 0.05)
    min_samples: tuple[int, ...] = (5, 8, 12)
    selection_methods: tuple[Literal["eom", "leaf"], ...] = ("eom", "leaf")
    max_fit_customers: int = 20_000  # HDBSCAN grows like n^1.8: 20,000 take seconds, not minutes

    # What a result must have before anyone sees it.
    min_customers: int = 200  # fewer, and every segment is a handful of people
    min_segments: int = 3  # two groups are a yes/no question, not a segmentation
    max_segments: int = 8  # more than a marketing team can write to
    min_coverage: float = 0.5  # fewer in dense places, and the groups describe a minority
    max_segment_share: float = 0.6  # a segment of everyone says nothing
    min_dbcv: float = 0.0  # below, clusters are sparser inside than the gaps between them
    min_stability: float = 0.8  # adjusted Rand index between fits on subsamples and on all
    stability_fits: int = 4
    stability_share: float = 0.8

    # Customers outside every dense place.
    noise_policy: NoisePolicy = "nearest"  # to the nearest segment, flagged weak
    core_neighbours: int = 5  # a distance to a segment is that to its fifth nearest core
    max_core_points: int = 2_000  # per segment, kept in the model file
    reach_quantile: float = 0.99  # farther than this share of the members are: weak

    map_customers: int = 5_000  # points of the picture
    seed: int = 20_170_101
