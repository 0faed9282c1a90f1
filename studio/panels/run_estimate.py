"""How long a fine-tuning takes here, and what it needs, in words."""

from __future__ import annotations

from core.runs.estimate import Span
from studio.state.places import in_bytes
from studio.state.training.fine_tuning import FineTuning
from studio.state.training.run_room import disk_of
from studio.widgets.progress import spoken

SHORT_MIN, LONG_MIN = 10, 120
"""Below the one seconds are said, above the other hours."""


def estimate_in_words(tuning: FineTuning) -> str:
    """What is expected of what is chosen; or why nothing is known."""
    estimate, measured = tuning.estimate, tuning.measured
    if measured is None:
        if estimate.measuring:
            return "A few steps are taken, to see how long one takes here. You need not wait."
        return estimate.problem or "It is said here when model and footage are chosen."
    steps, minutes = tuning.expected_steps, tuning.expected_minutes
    assert steps is not None
    assert minutes is not None
    pace = " + ".join(f"{measured.step(part).likely:.2g} s" for part in measured.seconds)
    first = f"{_counted(steps)} of about {pace} each"
    if tuning.chosen_minutes is None:
        first = f"{_lasting(minutes)}: {first}"
    preparing = f"Preparing takes {spoken(measured.prepare_s)} of it."
    needs = f"It needs about {in_bytes(measured.memory)} of memory"
    disk = f"and up to {in_bytes(disk_of(measured))} on the disk for checkpoints"
    return f"{first}, on {measured.device}. {preparing}\n{needs} {disk}."


def _counted(steps: Span) -> str:
    low, high = round(steps.low), round(steps.high)
    return f"{low:,} steps" if low == high else f"{low:,} to {high:,} steps"


def _lasting(minutes: Span) -> str:
    if minutes.high < SHORT_MIN:
        return f"{spoken(minutes.low * 60)} to {spoken(minutes.high * 60)}"
    if minutes.high < LONG_MIN:
        return f"{minutes.low:.0f} to {minutes.high:.0f} min"
    return f"{minutes.low / 60:.1f} to {minutes.high / 60:.1f} h"
