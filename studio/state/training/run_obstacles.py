"""What stands in the way of each thing that can be done with a training: a sentence, or "" for
nothing."""

from __future__ import annotations

from core.runs.elsewhere import SCRIPT
from core.runs.reading import RunLook


def to_pause(look: RunLook) -> str:
    """Why a run cannot be paused or stopped."""
    if not look.working:
        return "It is not being trained."
    return "It ends after the step under way." if look.wish else ""


def to_go_on(look: RunLook, other: RunLook | None) -> str:
    """Why a run cannot be gone on with here; `other` is the one that is trained here."""
    if look.working:
        return "It is being trained."
    return "It is finished." if look.status == "finished" else _to_start(look, other)


def to_keep(look: RunLook, other: RunLook | None) -> str:
    """Why it cannot be ended with a model of what there is."""
    if look.working:
        return to_pause(look)
    return to_go_on(look, other) if look.checkpoints else "There is no checkpoint yet."


def to_go_back(look: RunLook, other: RunLook | None) -> str:
    """Why it cannot go on from an earlier checkpoint."""
    if not look.checkpoints:
        return "There is no checkpoint yet."
    return "Pause it first." if look.working else _to_start(look, other)


def _to_start(look: RunLook, other: RunLook | None) -> str:
    """Why a process of this machine cannot be started for it."""
    if look.asked is None:
        return "It was not begun in this window. Go on with it where it was begun."
    if look.elsewhere:
        return f"It is trained on another machine. Start {SCRIPT} there again."
    return f"“{other.name}” is being trained. Pause it first." if other else ""
