"""Which colour a segment, a risk or a step of a scale has; the hues themselves are in the CSS."""

from decimal import Decimal

HUES = 10  # --s1 to --s10 in page.css, told apart by colour-blind eyes too; then they start again
STEPS = 7  # --h0 to --h6 (one-way scale), --d0 to --d6 (two-way, d3 is the middle)

IN_THE_DARK = {
    "s0": "#626b7c",
    "s1": "#4f94e8",
    "s2": "#f5c451",
    "s3": "#d95fa6",
    "s4": "#4fe0c2",
    "s5": "#f0825c",
    "s6": "#cbb8ff",
    "s7": "#1c6ce5",
    "s8": "#807b3b",
    "s9": "#e58ac7",
    "s10": "#ffa27a",
}
BY_RULE = {
    "R-champions": 4,
    "R-loyal-customers": 1,
    "R-potential-loyalists": 7,
    "R-new-customers": 9,
    "R-promising": 10,
    "R-need-attention": 2,
    "R-about-to-sleep": 8,
    "R-at-risk": 5,
    "R-cannot-lose-them": 3,
    "R-hibernating": 6,
    "R-lost": 0,
}


def hue_of(segment_id: str) -> str:
    """Return the class of a segment's colour; the same id has the same colour on every page."""
    if segment_id in BY_RULE:
        return f"s{BY_RULE[segment_id]}"
    digits = "".join(filter(str.isdecimal, segment_id))
    number = int(digits) if digits else sum(segment_id.encode()) % HUES + 1
    return f"s{(number - 1) % HUES + 1}" if number else "s0"


def terminal_colour_of(segment_id: str) -> str:
    """Return a segment's colour where there is no CSS: the page's own, as it has it in the dark."""
    return IN_THE_DARK[hue_of(segment_id)]


def step_of(part: float | Decimal | None) -> int:
    """Return the step of a seven-step scale that ``part`` of its whole (0 to 1) falls on."""
    return min(STEPS - 1, max(0, int(float(part or 0) * STEPS)))
