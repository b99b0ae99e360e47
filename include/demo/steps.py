"""What people do during a visit to the demo company's web shop: its steps. All of it is made up.

They look at products of the order that the visit leads to or follows, and at what sells in general.
"""

import numpy as np
import polars as pl

from include.demo.visits import Random

CATEGORY_SHARE = 0.6  # of the visits with a product open its department's page first
SEARCH_SHARE = 0.45  # of them search for it
CART_PAGE_SHARE = 0.5  # of the visits with a cart that never check out look at it
# What a kind of visit is like: least and mean views of the order's products, mean views of others,
# the share of the views that go to the cart beside the first, how often the checkout opens.
KINDS = pl.DataFrame(
    [
        ("purchase", 1, 4.0, 1.0, 0.7, 1.0),
        ("research", 1, 2.5, 1.0, 0.0, 0.0),
        ("abandoned", 1, 2.0, 1.5, 0.4, 0.35),
        ("browse", 0, 1.2, 2.0, 0.0, 0.0),
        ("bounce", 0, 0.0, 0.0, 0.0, 0.0),
    ],
    schema=["kind", "least_views", "own_views", "other_views", "cart_share", "checkout_share"],
    orient="row",
)
# Where in a visit a step comes; product views lie between SEARCH and CART, two apart.
LANDING, CATEGORY, SEARCH, VIEWS, CART, CHECKOUT, PURCHASE = 0, 1, 2, 10, 900, 950, 990


def draw_steps(
    visits: pl.DataFrame, lines: pl.DataFrame, catalogue: pl.DataFrame, random: Random
) -> pl.DataFrame:
    """Return one row a step: of which visit, in which place, what it is and about what."""
    visits = visits.join(KINDS, on="kind", maintain_order="left")
    shown = lines.join(catalogue, on="product_id", how="semi", maintain_order="left")
    views = draw_views(visits, shown, random)
    carts = draw_carts(views, random)
    steps = [landings(visits), topics(views, catalogue, random), views, carts, ends(carts, random)]
    return pl.concat(steps, how="diagonal_relaxed").select(
        "visit_key", "step", "event_type", "page_path", "product_id"
    )


def draw_views(visits: pl.DataFrame, lines: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw the products looked at: first some of the visit's order, then what sells in general."""
    own = np.maximum(random.poisson(visits["own_views"].to_numpy()), visits["least_views"])
    other = random.poisson(visits["other_views"].to_numpy())
    has_order = visits["order_id"].is_not_null().to_numpy()
    counted = visits.select(
        "visit_key", "order_id", "cart_share", "checkout_share", "kind"
    ).with_columns(
        own=np.where(has_order, own, 0),
        all=own + other,
    )
    views = counted[np.repeat(np.arange(visits.height), own + other)].with_columns(
        view=pl.int_range(pl.len()).over("visit_key")
    )
    shuffled = lines.select("order_id", "product_id", draw=random.random(lines.height)).sort(
        "order_id", "draw"
    )
    ranked = shuffled.select("order_id", "product_id", view=pl.int_range(pl.len()).over("order_id"))
    sold = lines["product_id"].gather(random.integers(lines.height, size=views.height))
    return (
        views.with_columns(sold=sold)
        .join(ranked, on=["order_id", "view"], how="left", maintain_order="left")
        .with_columns(
            product_id=pl.when(pl.col("view") < pl.col("own")).then("product_id").otherwise("sold")
        )
        .filter(pl.col("product_id").is_not_null())  # the order had fewer lines than views
        .select(
            "visit_key",
            "product_id",
            "cart_share",
            "checkout_share",
            "kind",
            "view",
            step=VIEWS + 2 * pl.col("view"),
            event_type=pl.lit("product_view"),
            page_path="/products/" + pl.col("product_id"),
        )
    )


def draw_carts(views: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw what goes to the cart: the first product of a visit that means to buy, and some more."""
    means_to_buy = pl.col("cart_share") > 0
    added = (pl.col("view") == 0) | (pl.Series(random.random(views.height)) < pl.col("cart_share"))
    return views.filter(means_to_buy & added).with_columns(
        step=pl.col("step") + 1, event_type=pl.lit("add_to_cart")
    )


def landings(visits: pl.DataFrame) -> pl.DataFrame:
    """Return every visit's first page."""
    return visits.select(
        "visit_key", step=LANDING, event_type=pl.lit("page_view"), page_path=pl.lit("/")
    )


def topics(views: pl.DataFrame, catalogue: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw the category pages and searches that lead to a visit's first product."""
    slugs = catalogue.select(
        "product_id",
        category=slug("department"),
        search=slug("product_category"),
    )
    first = views.filter(pl.col("view") == 0).join(slugs, on="product_id", maintain_order="left")
    pages = first.filter(pl.Series(random.random(first.height) < CATEGORY_SHARE)).select(
        "visit_key",
        step=CATEGORY,
        event_type=pl.lit("page_view"),
        page_path="/categories/" + pl.col("category"),
    )
    searches = first.filter(pl.Series(random.random(first.height) < SEARCH_SHARE)).select(
        "visit_key",
        step=SEARCH,
        event_type=pl.lit("search"),
        page_path="/search/" + pl.col("search"),
    )
    return pl.concat([pages, searches]).filter(pl.col("page_path").is_not_null())


def slug(column: str) -> pl.Expr:
    """Return a column as it would stand in an address."""
    return (
        pl.col(column).str.to_lowercase().str.replace_all(r"[^a-z0-9]+", "-").str.strip_chars("-")
    )


def ends(carts: pl.DataFrame, random: Random) -> pl.DataFrame:
    """Draw how the visits with a cart end: at the cart, at the checkout, or with the order."""
    filled = carts.unique("visit_key", keep="first", maintain_order=True)
    buys = pl.col("kind") == "purchase"
    checks_out = pl.Series(random.random(filled.height)) < pl.col("checkout_share")
    looks = checks_out | pl.Series(random.random(filled.height) < CART_PAGE_SHARE)
    return pl.concat(
        filled.filter(condition).select(
            "visit_key",
            step=step,
            event_type=pl.lit(event_type),
            page_path=pl.lit(page_path),
        )
        for condition, step, event_type, page_path in (
            (looks, CART, "page_view", "/cart"),
            (checks_out, CHECKOUT, "checkout", "/checkout"),
            (buys, PURCHASE, "purchase", "/checkout/thanks"),
        )
    )
