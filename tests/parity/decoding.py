"""COMMIT decoding, step by step, against the golden traces."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from core.conditioning import condition, fill_clips
from core.decoders.masked import Commit
from core.decoders.passes import least
from core.models.transformers.bidirectional import BidirectionalTransformer
from core.sampling import NoiseState
from core.tasks import TASKS
from core.tokens import MASK, Condition, DecodeStep
from tests.parity.folder import Arrays, MagvitFolder, as_frames, as_tokens
from tests.parity.networks import MARGIN, index_margin, task_condition
from tests.parity.report import Report


class RecordedNoise:
    """Gives out recorded noise, in the order of the draws."""

    def __init__(self, arrays: Sequence[NDArray]) -> None:
        self._arrays, self._draws = arrays, 0

    def gumbel(self, shape: Sequence[int]) -> Tensor:
        self._draws += 1
        return self.gumbel_of(self._draws - 1, shape)

    def gumbel_of(self, draw: int, shape: Sequence[int]) -> Tensor:
        return torch.from_numpy(self._arrays[draw]).expand(tuple(shape))

    def state(self) -> NoiseState:
        return NoiseState((), self._draws)


class Witness:
    """A transformer that remembers what it was asked and what it answered."""

    def __init__(self, model: BidirectionalTransformer) -> None:
        self.model, self.codebook_size = model, model.codebook_size
        self.inputs: list[Tensor] = []
        self.first_logits = torch.empty(0)

    def logits(self, tokens: Tensor, condition: Condition) -> Tensor:
        self.inputs.append(tokens)
        logits = self.model.logits(tokens, condition)
        if len(self.inputs) == 1:
            self.first_logits = logits
        return logits

    def unconditional(self, condition: Condition) -> Condition:
        return self.model.unconditional(condition)

    def told(self, condition: Condition) -> Condition:
        return self.model.told(condition)


def check_decoding(folder: MagvitFolder, arrays: Arrays, report: Report) -> None:
    for variant in dict.fromkeys(key.split("|")[0] for key in arrays if "|" in key):
        if f"{variant}|final_tokens" in arrays:
            _check_variant(folder, arrays, variant, report)


def _check_variant(folder: MagvitFolder, arrays: Arrays, variant: str, report: Report) -> None:
    name, _, guidance = variant.partition("_cfg")
    given = _check_condition(folder, arrays, variant, name, report)
    decoder = Commit(
        steps=folder.config["K"],
        schedule=folder.config["sched"],
        choice_temperature=folder.config["temp"],
        guidance=float(guidance or 0),
    )
    model, noise = Witness(folder.transformer()), _noise(folder)
    steps = list(decoder(model, given, RecordedNoise(noise)))
    _check_trace(arrays, variant, decoder, model, steps, noise[1::2], given, report)
    if f"{variant}|generated_video_clipped" in arrays:
        video = folder.tokenizer().decode(as_tokens(arrays[f"{variant}|final_tokens"]))
        golden = arrays[f"{variant}|generated_video_clipped"]
        report.close(f"decode {variant} video", as_frames(video.clamp(0, 1)), golden, 1e-3)


def _check_condition(
    folder: MagvitFolder, arrays: Arrays, variant: str, name: str, report: Report
) -> Condition:
    """Our condition against the golden one; the golden tokens go into the decoder."""
    model, label = folder.transformer(), arrays["label"]
    b = len(arrays[f"{variant}|final_tokens"])
    tokens = torch.zeros(b, *folder.config["latent"], dtype=torch.int64)
    if f"{variant}|cond_tokens" in arrays:
        tokens = as_tokens(arrays[f"{variant}|cond_tokens"])
        ours = _our_condition(folder, name, b)
        sure = True if ours.tokens.equal(tokens) else _sure(folder, name, b)
        report.equal(f"decode {variant} cond_tokens", ours.tokens, tokens, sure)
        report.equal(f"decode {variant} cond_mask", ours.given, arrays[f"{variant}|cond_mask"])
    given = task_condition(folder, name, tokens, np.broadcast_to(label, (b, 1)))
    prefix = model.config.prefix
    for what, of in (("prefix", given), ("uncond_prefix", model.unconditional(given))):
        ours = model.sequence(tokens, of)[:, :prefix]
        report.equal(f"decode {variant} {what}", ours, arrays[f"{variant}|{what}"])
    return given


@cache
def _our_condition(folder: MagvitFolder, name: str, b: int) -> Condition:
    return condition(TASKS[name], folder.clips()[:b], folder.tokenizer())


def _sure(folder: MagvitFolder, name: str, b: int) -> Tensor:
    """Where the nearest code is nearest by a margin."""
    tokenizer, task, clips = folder.tokenizer(), TASKS[name], folder.clips()[:b]
    filled = fill_clips(clips, task.region(tuple(clips.shape[-3:])), task.fill)
    margin, _ = index_margin(tokenizer, tokenizer.encoder(filled))
    return margin > MARGIN


def _noise(folder: MagvitFolder) -> list[NDArray]:
    """Noise for tokens and for scores in turn, in the order of the steps."""
    token: dict[int, NDArray] = {}
    score: dict[int, NDArray] = {}
    for path in sorted(folder.path.glob("decode_noise_*.npz")):
        with np.load(path) as file:
            token |= zip(file["step_index"].tolist(), file["gumbel_token"], strict=True)
            score |= zip(file["step_index"].tolist(), file["gumbel_score"], strict=True)
    return [noise for step in sorted(token) for noise in (token[step], score[step])]


def _check_trace(
    arrays: Arrays,
    variant: str,
    decoder: Commit,
    model: Witness,
    steps: list[DecodeStep],
    score_noise: Sequence[NDArray],
    given: Condition,
    report: Report,
) -> None:
    def golden(what: str) -> NDArray:
        return arrays[f"{variant}|{what}"]

    b, total = len(given.tokens), len(steps)
    logits = model.first_logits[:b]
    if decoder.guidance:
        logits = logits + decoder.guidance * (logits - model.first_logits[b:])
    inputs = [tokens[:b] for tokens in model.inputs]
    masked = [torch.ones_like(given.given), *(step.masked for step in steps[:-1])]
    left = [1 - (step.index + 1) / total for step in steps]
    scores = [
        step.confidence.log() + decoder.choice_temperature * share * torch.from_numpy(noise)
        for step, share, noise in zip(steps, left, score_noise, strict=True)
    ]
    scores = [torch.where(m, s, torch.inf) for m, s in zip(masked, scores, strict=True)]
    # The authors choose one more token to mask after the last step, and never use it.
    unused = least(scores[-1], torch.ones(b, dtype=torch.int64))
    hints = torch.where(given.given, given.tokens, MASK)
    after = [*inputs[1:], torch.where(unused, hints, steps[-1].tokens)]

    report.close(f"decode {variant} logits_step0", logits, golden("logits_step0"), 1e-4)
    report.equal(
        f"decode {variant} input_tokens", torch.stack(inputs), golden("trace_input_tokens")
    )
    report.equal(f"decode {variant} unknown", torch.stack(masked), golden("trace_unknown"))
    sampled = torch.stack([step.tokens for step in steps])
    report.equal(f"decode {variant} sampled", sampled, golden("trace_sampled"))
    report.close(f"decode {variant} score", torch.stack(scores), golden("trace_score"), 1e-4)
    report.equal(f"decode {variant} next_masked", torch.stack(after), golden("trace_next_masked"))
    report.equal(f"decode {variant} final_tokens", steps[-1].tokens, golden("final_tokens"))
