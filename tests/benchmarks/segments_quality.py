"""Quality of segments: truth, stability, identity and honesty, on companies we know all about."""

from datetime import date

import numpy as np
import polars as pl
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

from models_ml.segmentation.fit import fit
from models_ml.segmentation.identity import with_identity
from models_ml.segmentation.lifecycle import events
from models_ml.segmentation.model import SegmentModel, pack
from models_ml.segmentation.policy import IdentityPolicy
from tests.benchmarks import segments_data as data
from tests.benchmarks.figures import Figure
from tests.benchmarks.segments_figure import Sizes, at_least, at_most

APART = {"easy": 7.0, "hard": 5.5}  # of planted kinds' centres from the middle, in widths
ALL_AGREE, FIRM_AGREE = 0.95, 0.99
NEWCOMERS, NEWCOMERS_KEEP, MONTHS_KEEP = 0.01, 0.98, 0.97
DAY = date(2025, 3, 1)


def truth(sizes: Sizes) -> list[Figure]:
    """Compare everyone's segment, and firm members', with the planted kinds."""
    figures = []
    for setting, apart in APART.items():
        company = data.plant(seed=data.SEED, kinds=sizes.kinds, apart=apart)
        customers, kinds = data.draw(company, sizes.truth, seed=data.SEED)
        model = _model(customers, sizes)
        found = model.assign(customers)
        planted = kinds != data.NOBODYS
        firm = planted & ~found.is_weak
        matrix = model.scaler.scale(customers)
        k_means = KMeans(len(company.shares), n_init=10, random_state=0).fit(matrix).labels_
        theirs = adjusted_rand_score(kinds[planted], k_means[planted])
        figures += [
            at_least(
                f"planted truth, {setting}: everyone assigned",
                adjusted_rand_score(kinds[planted], found.segment[planted]),
                ALL_AGREE,
                unit="ARI",
                detail=f"K-means with the number known {theirs:.4f}; "
                f"{model.metrics['segments']:.0f} segments of {len(company.shares)} kinds",
            ),
            at_least(
                f"planted truth, {setting}: firm members",
                adjusted_rand_score(kinds[firm], found.segment[firm]),
                FIRM_AGREE,
                unit="ARI",
                detail=f"{firm.sum() / planted.sum():.1%} are firm; "
                f"in HDBSCAN's dense places {model.metrics['coverage']:.1%}",
            ),
        ]
    return figures


def row_order(sizes: Sizes) -> list[Figure]:
    """Fit the same customers in another order."""
    customers, _ = data.draw(_hard(sizes), sizes.stable, seed=data.SEED)
    shuffled = customers.sample(fraction=1.0, shuffle=True, seed=1)
    one, other = _model(customers, sizes), _model(shuffled, sizes)
    same = customers.with_columns(segment=one.assign(customers).segment).join(
        shuffled.with_columns(segment=other.assign(shuffled).segment), on="customer_id"
    )
    share = float((same["segment"] == same["segment_right"]).to_numpy().mean())
    equal = pack(one, trained_as_of=DAY).digest == pack(other, trained_as_of=DAY).digest
    detail = f"the model's files are {'the same bytes' if equal else 'not the same bytes'}"
    return [at_least("rows in another order: same label", share, 1.0, unit="share", detail=detail)]


def newcomers(sizes: Sizes) -> list[Figure]:
    """Refit after 1 % new customers, and see who of the old keeps the segment's id."""
    customers, _ = data.draw(_hard(sizes), sizes.stable, seed=data.SEED)
    before = _named(_model(customers, sizes), customers, None)
    ids = _ids(before, customers)
    kept = []
    for draw in range(sizes.newcomer_draws):
        new, _ = data.draw(
            _hard(sizes),
            round(NEWCOMERS * sizes.stable),
            seed=data.SEED + 10 + draw,
            first_id=sizes.stable,
        )
        grown = pl.concat([customers, new])
        after = _named(_model(grown, sizes), grown, before)
        kept.append(float((_ids(after, customers) == ids).mean()))
    return [
        at_least(
            "1 % new customers, refit: old ones that keep their segment's id, worst draw",
            min(kept),
            NEWCOMERS_KEEP,
            unit="share",
            detail=f"{', '.join(f'{share:.4f}' for share in kept)} (hard setting)",
        )
    ]


def unchanging(sizes: Sizes) -> list[Figure]:
    """Retrain every month on a company that stays as it is."""
    company = data.plant(seed=data.SEED, kinds=sizes.kinds, apart=APART["easy"])
    kinds = data.choose_kinds(company, sizes.stable, seed=data.SEED)
    previous: SegmentModel | None = None
    kept, refused, told = np.ones(sizes.stable, dtype=bool), 0, 0
    first: np.ndarray | None = None
    for month in range(sizes.months):
        customers = data.observe(company, kinds, seed=data.SEED, month=month)
        fitted = fit(customers, sizes.config)
        refused += fitted.model is None
        model = previous if fitted.model is None else _named(fitted.model, customers, previous)
        if model is None:
            continue
        if previous is not None:
            story = events(previous, model, customers, IdentityPolicy())
            told += story.filter(~pl.col("event").is_in(["continued", "renamed"])).height
        ids = _ids(model, customers)
        first = ids if first is None else first
        kept &= ids == first
        previous = model
    return [
        at_least(
            f"{sizes.months} monthly retrains, nothing changes: customers who never change id",
            float(kept.mean()),
            MONTHS_KEEP,
            unit="share",
            detail=f"{refused} retrains refused; {told} births, deaths, splits or mergers told",
        )
    ]


def changing(sizes: Sizes) -> list[Figure]:
    """Let a kind be born, one die and two merge, and see what is told."""
    company = data.plant(seed=data.SEED, kinds=sizes.kinds, apart=APART["easy"])
    last = len(company.shares) - 1
    random = np.random.default_rng(data.SEED)
    start = data.choose_kinds(company, sizes.stable, seed=data.SEED)
    elsewhere = random.integers(1, last, sizes.stable)
    start = np.where(start == last, elsewhere, start)
    born = np.where(random.random(sizes.stable) < 0.1, last, start)
    died = np.where(born == 0, elsewhere, born)
    merged = np.where(died == 2, 1, died)
    months = [(start, ""), (born, "born"), (died, "died"), (merged, "merged"), (merged, "")]
    previous: SegmentModel | None = None
    former: pl.DataFrame | None = None
    told: list[str] = []
    for month, (kinds, _) in enumerate(months):
        customers = data.observe(company, kinds, seed=data.SEED, month=month)
        model = _named(_model(customers, sizes), customers, previous)
        if previous is not None:
            story = events(previous, model, customers, IdentityPolicy(), former)
            changes = story.filter(~pl.col("event").is_in(["continued", "renamed"]))
            told.append("+".join(changes["event"].to_list()))
        former = customers.select("customer_id").with_columns(segment_id=_ids(model, customers))
        previous = model
    expected = [event for _, event in months[1:]]
    right = sum(one == other for one, other in zip(told, expected, strict=True))
    return [
        at_least(
            "born, died, merged, nothing: months in which exactly that is told",
            right,
            len(expected),
            unit="months",
            detail=", ".join(
                f"{e or 'nothing'}: {t or 'nothing'}" for e, t in zip(expected, told, strict=True)
            ),
        )
    ]


def honesty(sizes: Sizes) -> list[Figure]:
    """Count how often structure is claimed where there is none, and where there is."""
    claimed = [
        fit(data.draw_null(sizes.company, seed=seed), data.CONFIG)
        for seed in range(sizes.companies)
    ]
    false = sum(fitted.model is not None for fitted in claimed)
    shaped = sum(f.search is not None and f.search.chosen is not None for f in claimed)
    found = []
    for seed in range(sizes.companies):
        apart = list(APART.values())[seed % 2]
        kinds = 4 + seed % (sizes.kinds - 3)
        company = data.plant(seed=seed, kinds=kinds, apart=apart)
        fitted = fit(data.draw(company, sizes.company, seed=seed)[0], sizes.config)
        count = 0 if fitted.model is None else int(fitted.model.metrics["segments"])
        found.append((kinds, count))
    right = sum(kinds == count for kinds, count in found)
    return [
        at_most(
            f"{sizes.companies} null companies: structure claimed",
            false,
            0,
            unit="companies",
            detail=f"HDBSCAN had well-shaped, stable clusters in {shaped}",
        ),
        at_least(
            f"{sizes.companies} planted companies: structure found",
            sum(count > 0 for _, count in found),
            sizes.companies,
            unit="companies",
            detail=f"the planted number of kinds in {right}; 4 to {sizes.kinds}, easy and hard",
        ),
    ]


def _hard(sizes: Sizes) -> data.Company:
    return data.plant(seed=data.SEED, kinds=sizes.kinds, apart=APART["hard"])


def _model(customers: pl.DataFrame, sizes: Sizes) -> SegmentModel:
    """Fit a planted company; to be refused would make every figure after it meaningless."""
    fitted = fit(customers, sizes.config)
    if fitted.model is None:
        raise RuntimeError(f"A planted company was refused: {fitted.refusal}")
    return fitted.model


def _named(
    model: SegmentModel, customers: pl.DataFrame, previous: SegmentModel | None
) -> SegmentModel:
    """Give the segments their ids."""
    return with_identity(model, customers, previous, policy=IdentityPolicy())


def _ids(model: SegmentModel, customers: pl.DataFrame) -> np.ndarray:
    """Return each customer's segment id."""
    ids = np.array([segment.segment_id for segment in model.segments])
    return ids[model.assign(customers).segment]
