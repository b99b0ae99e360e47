"""How well the identity map finds what was planted: whose each browser and each address is.

An identifier is a person's; who signed up twice has two customers, and either is right. Judged are
identifiers that the deliveries show at all, as they stand on the day the map was built.
"""

from dataclasses import dataclass
from pathlib import Path

from include.warehouse import connect, literal

JUDGED = """
WITH planted AS (
    SELECT DISTINCT CASE kind WHEN 'email' THEN 'email' ELSE 'visitor' END AS identifier_type,
        identifier, person_id
    FROM read_parquet({truth}) WHERE kind IN ('email', 'visitor_id')
), people AS (
    SELECT DISTINCT customer_id, person_id FROM read_parquet({truth}) WHERE kind = 'customer_id'
), found AS (
    SELECT DISTINCT identifier_type, identifier, customer_id, person_id
    FROM marts.dim_identities JOIN people USING (customer_id)
    WHERE is_current AND identifier_type IN ('email', 'visitor')
), judged AS (
    SELECT found.customer_id, planted.person_id IS NOT NULL AS is_right
    FROM found LEFT JOIN planted USING (identifier_type, identifier, person_id)
), shown AS (
    SELECT identifier_type, identifier, person_id FROM planted
    SEMI JOIN marts.dim_identities USING (identifier_type, identifier)
)
SELECT (SELECT count(*) FROM judged), (SELECT count(*) FROM judged WHERE is_right),
    (SELECT count(DISTINCT customer_id) FROM judged WHERE NOT is_right),
    (SELECT count(*) FROM shown),
    (SELECT count(*) FROM shown SEMI JOIN found USING (identifier_type, identifier, person_id))
"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """Pairs of identifier and person: found, planted, and both."""

    found: int
    right: int  # of those found
    welded: int  # customers who were given what is another person's
    planted: int  # of identifiers that are shown at all
    recalled: int  # of those planted

    @property
    def precision(self) -> float:
        """The share of pairs found that were planted."""
        return self.right / max(self.found, 1)

    @property
    def recall(self) -> float:
        """The share of pairs planted that were found."""
        return self.recalled / max(self.planted, 1)


def score(marts: Path, truth: Path) -> Score:
    """Compare the current identity map with the folder of what was planted."""
    with connect(marts, read_only=True, folders=(truth,)) as connection:
        query = JUDGED.format(truth=literal(truth / "identifiers.parquet"))
        [(found, right, welded, planted, recalled)] = connection.execute(query).fetchall()
    return Score(found=found, right=right, welded=welded, planted=planted, recalled=recalled)
