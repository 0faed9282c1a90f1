"""From a task and a clip to a condition."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from core.bundle import ModelBundle, load_bundle
from core.conditioning import condition, continuation, fill_clips
from core.tasks import TASKS, Special, first_frames
from tests.bundles import tiny_bundle

SHAPE = (4, 16, 16)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return load_bundle(tiny_bundle(tmp_path_factory.mktemp("models") / "tiny"))


def clips(b: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(b, 3, *SHAPE, generator=torch.Generator().manual_seed(seed))


def test_tokens_are_those_of_the_filled_clip(bundle: ModelBundle) -> None:
    task = TASKS["OPC"]

    given = condition(task, clips(2), bundle.tokenizer)

    filled = fill_clips(clips(2), task.region(SHAPE), "edge")
    assert given.tokens.equal(bundle.tokenizer.encode(filled))
    assert given.given[1].numpy().tolist() == task.region((2, 8, 8)).tolist()
    assert given.task_tokens.tolist() == [Special.OUTPAINTING] * 2
    assert given.labels.tolist() == [0, 0]  # unconditional of a model without classes


def test_what_was_painted_over_does_not_matter(bundle: ModelBundle) -> None:
    painted = np.zeros(SHAPE, bool)
    painted[:, :9, :9] = True
    other = torch.where(torch.from_numpy(painted), clips(1, seed=9), clips(1))

    first, second = (
        condition(TASKS["paint"], video, bundle.tokenizer, painted=painted)
        for video in (clips(1), other)
    )

    assert first.tokens.equal(second.tokens)
    hidden = torch.zeros(2, 8, 8, dtype=torch.bool)
    hidden[:, :4, :4] = True  # the stride is 2: token 4 still sees column 9
    assert first.given[0].equal(~hidden)


def test_labels_and_the_unconditional_class(bundle: ModelBundle) -> None:
    chosen = condition(TASKS["CG"], clips(2), bundle.tokenizer, labels=[1, 0], classes=2)
    free = condition(TASKS["CG"], clips(2), bundle.tokenizer, classes=2)

    assert chosen.labels.tolist() == [1, 0]
    assert free.labels.tolist() == [2, 2]
    assert not chosen.given.any()


def test_kept_frames_give_their_whole_tokens_and_those_that_are_looked_at(
    bundle: ModelBundle,
) -> None:
    video = clips(1)

    given = condition(TASKS["continue"], video, bundle.tokenizer, kept=3, context_frames=2)

    standing = video[:, :, [0, 1, 2, 2]]
    assert given.tokens.equal(bundle.tokenizer.encode(standing))
    assert given.given.flatten(2).all(2).tolist() == [[True, False]]  # frame 3 is half a token's
    assert given.frames is not None
    assert given.frames.equal(video[:, :, :2])


def test_nothing_is_looked_at_when_nothing_is_kept(bundle: ModelBundle) -> None:
    given = condition(TASKS["generate"], clips(2), bundle.tokenizer, context_frames=1)

    assert given.frames is None
    assert not given.given.any()


def test_continuation_begins_with_the_last_tokens_of_the_window_before() -> None:
    before = torch.arange(2 * 4 * 3).view(2, 4, 3, 1)

    given = continuation(TASKS["continue"], before, 3, labels=[1, 1], classes=2)

    assert given.tokens[:, :3].equal(before[:, 1:])
    assert given.given.flatten(2).all(2).tolist() == [[True, True, True, False]] * 2
    assert not given.given[:, 3].any()
    assert given.labels.tolist() == [1, 1]


def test_more_than_one_frame_can_be_known(bundle: ModelBundle) -> None:
    task = TASKS["FP"]

    given = condition(task, clips(1), bundle.tokenizer, known_frames=3)

    filled = fill_clips(clips(1), first_frames(SHAPE, 3), "edge")
    assert given.tokens.equal(bundle.tokenizer.encode(filled))
    assert given.given.all()  # three of four frames touch both token frames
