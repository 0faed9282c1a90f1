"""An estimate in words."""

from __future__ import annotations

from core.estimates.prediction import Estimate

NOT_MEASURED = "Not measured yet on this device"


def in_words(estimate: Estimate | None) -> str:
    """One line: "About 2 s  ·  0.9 GB of 23 GB"."""
    if estimate is None:
        return NOT_MEASURED
    memory = f"{gigabytes(estimate.memory)} of {gigabytes(estimate.of)}"
    if not estimate.fits:
        return f"Does not fit: {estimate.why[0].lower()}{estimate.why[1:]}"
    return f"About {spoken(estimate.seconds)}" + (f"  ·  {memory}" if estimate.of else "")


def at_length(estimate: Estimate | None) -> str:
    """A few sentences for a tooltip."""
    if estimate is None:
        return (
            "The first generation with this model measures it. “Measure” among the models, or "
            "“maskreel doctor --measure”, does so before."
        )
    low, high = (spoken(seconds) for seconds in estimate.seconds_range)
    span = f"Between {low} and {high}" if low != high else f"About {high}"
    return (
        f"{span}, and at most {gigabytes(estimate.memory)} of memory, by what was measured on this "
        "device so far. Each generation makes it surer."
    )


def spoken(seconds: float) -> str:
    """To two digits: "1.4 s", "35 s", "3 min", "1 h 20 min"."""
    if seconds < 9.95:
        return f"{max(seconds, 0.1):.1f} s"
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60:02d} min"


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count < 9.95e9 else f"{count / 1e9:.0f} GB"
