"""Churn's settings: what the model sees, how it learns, when it may lead, where risk begins."""

from dataclasses import dataclass

FEATURES = (
    "recency_days",
    "tenure_days",
    "orders_30d",
    "orders_90d",
    "orders_365d",
    "spend_30d_amount",
    "spend_90d_amount",
    "spend_365d_amount",
    "average_order_amount",
    "average_days_between_orders",
    "recency_to_cadence_ratio",
    "items_per_order",
    "distinct_categories_90d",
    "distinct_stores_90d",
    "discount_share",
    "coupon_share",
    "private_label_share",
    "weekend_share",
    "order_trend_ratio",
    "sessions_30d",
    "sessions_90d",
    "product_views_30d",
    "abandoned_carts_30d",
    "days_since_last_session",
    "campaigns_90d",
    "coupons_redeemed_90d",
)


@dataclass(frozen=True, kw_only=True)
class ChurnConfig:
    """Everything a data scientist may turn; logged as the run's parameters."""

    features: tuple[str, ...] = FEATURES
    label_days: int = 30  # the mart's label: no order in this many days from the snapshot on

    # Shallow trees, slow steps: on the demo's eight snapshots, depth 2-4 and 200-400 rounds all
    # end within 0.001 ROC-AUC of each other, so the smallest such model is taken.
    rounds: int = 200
    max_depth: int = 3
    learning_rate: float = 0.05
    min_child_weight: float = 20.0
    subsample: float = 0.8
    column_share: float = 0.6
    l2_penalty: float = 5.0
    seed: int = 20_170_101

    # A model needs this many churners to learn from, and as many to be judged on: with fewer,
    # the standard error of ROC-AUC is above 0.05 and no two models can be told apart.
    min_churners: int = 30

    # Platt's slope on the newest training snapshot, by a model that has not seen it: within this
    # band the correction did not lower the Brier score of any demo month, so none is applied.
    calibration_slope_low: float = 0.8
    calibration_slope_high: float = 1.25

    # OpenMP's threads wait by spinning: on a busy machine two of them took 50 s for what one does
    # in 0.3 s. A further thread is worth that risk only from this many rows each.
    rows_per_thread: int = 100_000

    # Retraining: monthly snapshots give a new label once a month; a week bounds the delay.

    # A challenger leads when it is better by the margin on the newest holdout; the margin is
    # about half a standard error of ROC-AUC at 2,500 customers. One that is merely not worse
    # leads when the champion has grown old: fresher data without a loss is a gain.
    margin_roc_auc: float = 0.002
    tolerance_roc_auc: float = 0.002
    stale_days: int = 28

    # Cut points on the calibrated score. On the demo's holdout the fifth and more at risk
    # (28 % of customers) hold 79 % of the churners; from 0.5 on, more likely than not to churn,
    # 70 % did: few and sure enough for an offer that costs money.
    medium_risk: float = 0.2
    high_risk: float = 0.5
