"""Effects: how far each segment stands apart from everyone else, by feature. Pure."""

from collections.abc import Sequence

import numpy as np
import polars as pl
import polars.selectors as cs

from models_ml.segmentation.tree import Labels

NO_FEATURES = ("frequency_orders", "monetary_amount")  # of RFM; features say the same by windows

SCHEMA = {
    "position": pl.Int64,
    "feature": pl.String,
    "effect_size": pl.Float64,
    "segment_median": pl.Float64,
    "rest_median": pl.Float64,
}


def measure_effects(
    customers: pl.DataFrame, segment: Labels, positions: Sequence[int]
) -> pl.DataFrame:
    """Return each segment's effect size a feature, and its median beside that of all others.

    The effect is Cliff's delta (1993): the chance that a member has more than somebody else, less
    the chance of having less; from -1 to 1, 0 where they do not differ. It asks nothing of the
    distribution, so heavy tails and zeros may stay. Whose value is not known is left out; a feature
    that nobody in the segment, or nobody else, has a value of has no row.
    """
    features = customers.select(cs.numeric().exclude(NO_FEATURES).cast(pl.Float64))
    frames = [pl.DataFrame(schema=SCHEMA)]
    for name in features.columns:
        values = features[name].to_numpy()
        known = ~np.isnan(values)
        ranks = pl.Series(values[known]).rank("average").to_numpy()
        frames.append(_effects_of(name, values[known], ranks, segment[known], positions))
    return pl.concat(frames)


def _effects_of(
    name: str,
    values: np.ndarray,
    ranks: np.ndarray,
    segment: Labels,
    positions: Sequence[int],
) -> pl.DataFrame:
    """Return one feature's rows, from the ranks of its values (Mann-Whitney's U as a delta)."""
    rows = []
    for position in positions:
        inside = segment == position
        members, others = int(inside.sum()), int((~inside).sum())
        if members and others:
            u = ranks[inside].sum() - members * (members + 1) / 2
            delta = round(float(2 * u / (members * others) - 1), 4)
            middle, rest = np.median(values[inside]), np.median(values[~inside])
            rows.append((position, name, delta, float(middle), float(rest)))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")
