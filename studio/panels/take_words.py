"""A take in words: what it is, when it was made, and where it stands."""

from __future__ import annotations

from datetime import datetime

from core.takes.card import TakeCard
from studio.state.takes.entry import Entry
from studio.state.takes.gallery import Pick
from studio.state.takes.take import Phase
from studio.widgets import progress


def title_of(card: TakeCard) -> str:
    """The user's name for it, or what was done."""
    return card.name or " · ".join(filter(None, (card.task, card.request.label)))


def seeds_of(card: TakeCard) -> str:
    request = card.request
    if request.count == 1:
        return f"Seed {request.seed}"
    return f"Seeds {request.seed}–{request.seed + request.count - 1}"


def pace_of(card: TakeCard, between: str = "  ·  ") -> tuple[str, ...]:
    """Steps and time in one text, as far as they are known."""
    seconds = card.seconds
    words = [f"{card.total:,} {card.unit}s"] if card.total else []
    if seconds is not None:
        words.append(progress.spoken(seconds))
    return (between.join(words),) if words else ()


def when(made: datetime) -> str:
    """A date as one says it: the time of today, else the day."""
    local, now = made.astimezone(), datetime.now().astimezone()
    age = (now.date() - local.date()).days
    time = f"{local:%H:%M}"
    if age < 2:
        return f"{'Today' if age == 0 else 'Yesterday'} {time}"
    return f"{local.day} {local:%b %Y} {time}" if age > 300 else f"{local.day} {local:%b} {time}"


def label_of(entry: Entry, *, pictured: bool) -> str:
    """A word on the picture: nothing on a finished one."""
    phase = entry.phase
    if phase is Phase.FINISHED or (pictured and phase is Phase.DECODING):
        return ""
    done = entry.take.done if entry.take else entry.card.done
    total = entry.take.total if entry.take else entry.card.total
    if phase in (Phase.PAUSED, Phase.STOPPED, Phase.FAILED) and done and total:
        return f"{phase.value}  ·  {done / total:.0%}"
    return phase.value


def spoken(pick: Pick) -> str:
    """All of it in one sentence, for a screen reader."""
    card = pick.entry.card
    parts = (
        title_of(card),
        f"variation {pick.variation + 1} of {card.request.count}" * (card.request.count > 1),
        card.model,
        f"seed {card.request.seed + pick.variation}",
        label_of(pick.entry, pictured=True),
        "favourite" * pick.starred,
        when(card.made),
        card.note,
    )
    return ", ".join(filter(None, parts))


def tooltip(pick: Pick) -> str:
    card = pick.entry.card
    lines = [
        title_of(card),
        f"{card.model}  ·  seed {card.request.seed + pick.variation}",
        "  ·  ".join(filter(None, (card.clip, when(card.made)))),
        card.note,
        card.failure,
    ]
    return "\n".join(filter(None, lines))
