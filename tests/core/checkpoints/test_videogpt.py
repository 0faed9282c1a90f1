"""VideoGPT's checkpoints ↔ our networks: names, sizes, and what a file does not say."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from core.checkpoints import lightning
from core.checkpoints.lightning import Checkpoint
from core.checkpoints.videogpt import load, prior_checkpoint, tokenizer_checkpoint
from core.checkpoints.videogpt_names import VQVAE_PREFIX, prior_names, tokenizer_names
from core.checkpoints.videogpt_sizes import Layout, layout_of
from core.errors import UserError
from core.models.tokenizers.vqvae import VQVAE, VQVAEConfig
from core.models.transformers.causal import CausalConfig, CausalTransformer
from tests.checkpoints import (
    CLIP,
    PRIOR_SIZES,
    VQVAE_SIZES,
    on_meta,
    prior_file,
    tiny_prior,
    tiny_vqvae,
    vqvae_file,
)

pytestmark = pytest.mark.usefixtures("one_thread")

CONDITIONS = {
    "nothing": {"classes": 0},
    "classes": {"classes": 3},
    "frames": {"classes": 0, "context_frames": 2, "context_size": CLIP[1:]},
    "both": {"context_frames": 1, "context_size": CLIP[1:]},
    "nothing, sparse": {"classes": 0, "attention": "sparse"},
}


def without(checkpoint: Checkpoint, *arguments: str) -> Checkpoint:
    """The same, whose hyper-parameters do not say these."""
    kept = {key: value for key, value in checkpoint.arguments.items() if key not in arguments}
    return replace(checkpoint, arguments=kept)


def saying(checkpoint: Checkpoint, **arguments: Any) -> Checkpoint:
    """The same, whose hyper-parameters say something else."""
    return replace(checkpoint, arguments=checkpoint.arguments | arguments)


def silent(checkpoint: Checkpoint) -> Checkpoint:
    """The same without hyper-parameters."""
    return replace(checkpoint, arguments={})


def refusal(checkpoint: Checkpoint, **options: Any) -> str:
    with pytest.raises(UserError) as refused:
        load(checkpoint, **options)
    return str(refused.value)


# ── names ──────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def reference(shared: Path) -> dict[str, Checkpoint]:
    """Checkpoints of all sizes that the authors' code was asked for its tensors; shapes alone."""

    def listed(file: str) -> Any:
        return json.loads((shared / "reference" / file).read_text("utf-8"))

    def tensors(entries: list[dict[str, Any]], prefix: str = "") -> dict[str, Tensor]:
        return {
            prefix + entry["key"]: torch.empty(
                entry["shape"], dtype=getattr(torch, entry["dtype"]), device="meta"
            )
            for entry in entries
        }

    tokenizers, priors = listed("videogpt_vqvae_keys.json"), listed("videogpt_gpt_keys.json")
    found = {
        name: Checkpoint(Path(name), tensors(tokenizers["keys"]), case["config"], 0, "")
        for name, case in tokenizers["configs"].items()
    }
    inner = tensors(tokenizers["keys"], VQVAE_PREFIX)
    for name, case in priors["variants"].items():
        weights = inner | tensors(case["keys"])
        found[name] = Checkpoint(Path(name), weights, case["config"], 0, "")
    return found


STRIDES = {
    "default_4x4x4_res128": (4, 4, 4),
    "stride2x4x4_res128": (2, 4, 4),
    "bair_stride4x2x2_res64": (4, 2, 2),
    "unconditional_full_default": (4, 4, 4),
    "class_conditional_101_full": (4, 4, 4),
    "frame_conditional_1_full_bair": (4, 2, 2),
    "unconditional_sparse": (4, 4, 4),
    "frame_conditional_1_sparse_bair": (4, 2, 2),
    "class_and_frame_conditional_full": (4, 2, 2),
}


def shapes(network: Any, config: Any) -> dict[str, tuple[int, ...]]:
    return {name: tuple(tensor.shape) for name, tensor in on_meta(network, config).items()}


@pytest.mark.parametrize("name", STRIDES)
def test_the_authors_tensors_are_ours_in_their_order(
    reference: dict[str, Checkpoint], name: str
) -> None:
    checkpoint = reference[name]

    layout = layout_of(checkpoint)

    assert layout.tokenizer.stride == STRIDES[name]
    assert layout.assumed == ()
    prefix = VQVAE_PREFIX if layout.prior else ""
    names: dict[str, str | None] = {}
    wanted = shapes(VQVAE, layout.tokenizer)
    for theirs, ours in tokenizer_names(layout.tokenizer).items():
        names[prefix + theirs] = ours
    if layout.prior:
        names |= prior_names(layout.prior)
        wanted |= shapes(CausalTransformer, layout.prior)
        del wanted["codes"]  # the tokenizer's
    assert list(names) == list(checkpoint.weights)
    assert {ours for ours in names.values() if ours} == set(wanted)
    for theirs, ours in names.items():
        length = layout.prior.length if layout.prior else 0
        expected = wanted[ours] if ours else (length, length)
        assert tuple(checkpoint.weights[theirs].shape) == expected, theirs


def test_every_list_of_names_is_covered(reference: dict[str, Checkpoint]) -> None:
    assert reference.keys() == STRIDES.keys()


# ── there and back ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("condition", CONDITIONS)
def test_a_prior_comes_back_as_it_was(condition: str) -> None:
    checkpoint = prior_file(**CONDITIONS[condition])

    model = load(checkpoint)

    assert model.prior is not None
    assert model.prior.config == replace(PRIOR_SIZES, **CONDITIONS[condition])
    assert model.tokenizer.config == VQVAE_SIZES
    assert (model.clip, model.assumed) == (CLIP, ())
    assert model.prior.codes.equal(model.tokenizer.codebook.codes)
    assert not model.prior.training
    assert not model.tokenizer.training
    weights, arguments = prior_checkpoint(model.prior, model.tokenizer, CLIP, "vqvae.ckpt")
    assert arguments == checkpoint.arguments
    assert_same(weights, checkpoint)


@pytest.mark.parametrize("stride", [(2, 4, 4), (4, 4, 4), (1, 4, 4), (4, 2, 2), (2, 8, 4)])
def test_a_tokenizer_comes_back_as_it_was(stride: tuple[int, int, int]) -> None:
    config = replace(VQVAE_SIZES, stride=stride)
    checkpoint = vqvae_file(config)

    model = load(checkpoint)

    assert model.prior is None
    assert (model.tokenizer.config, model.clip, model.assumed) == (config, CLIP, ())
    weights, arguments = tokenizer_checkpoint(model.tokenizer, model.clip)
    assert arguments == checkpoint.arguments
    assert_same(weights, checkpoint)


def assert_same(weights: dict[str, Tensor], checkpoint: Checkpoint) -> None:
    """The same names in the same order, the same types and numbers."""
    assert list(weights) == list(checkpoint.weights)
    for name, tensor in weights.items():
        assert tensor.dtype == checkpoint.weights[name].dtype, name
        assert tensor.equal(checkpoint.weights[name]), name


def test_half_precision_becomes_float32_and_counters_stay_counters() -> None:
    checkpoint = vqvae_file()
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in checkpoint.weights.items()
    }

    state = load(replace(checkpoint, weights=halves)).tokenizer.state_dict()

    counter = state["encoder.stack.norm.num_batches_tracked"]
    assert (counter.dtype, int(counter)) == (torch.int64, 3)
    assert state["to_code.weight"].equal(checkpoint.weights["pre_vq_conv.conv.weight"].half())
    assert state["to_code.weight"].dtype == torch.float32


# ── what a file does not say ───────────────────────────────────────────────────────────────────


def prior_of(layout: Layout) -> CausalConfig:
    assert layout.prior is not None
    return layout.prior


def test_a_number_of_heads_that_nobody_says_is_assumed_and_told() -> None:
    checkpoint = without(prior_file(heads=4), "heads")

    layout = layout_of(checkpoint)

    assert prior_of(layout).heads == 4
    assert len(layout.assumed) == 1
    assert layout.assumed[0].startswith("4 attention heads, as the file does not say")
    assert "--heads" in layout.assumed[0]


@pytest.mark.parametrize("heads", [1, 3, 12])
def test_a_number_of_heads_that_is_asked_for_is_taken(heads: int) -> None:
    layout = layout_of(without(prior_file(), "heads"), heads=heads)

    assert (prior_of(layout).heads, layout.assumed) == (heads, ())


def test_heads_that_contradict_the_file_are_taken_and_told() -> None:
    layout = layout_of(prior_file(heads=2), heads=3)

    assert prior_of(layout).heads == 3
    assert layout.assumed == ("3 attention heads, as asked for, though the file says 2.",)


def test_the_usual_number_of_heads_gives_way_to_one_that_fits() -> None:
    checkpoint = without(prior_file(hidden=15, heads=7, classes=0), "heads")

    layout = layout_of(checkpoint)  # 14 wide: 2 heads of 7, 7 of 2 or 14 of 1

    assert prior_of(layout).heads == 2
    assert "(7, 14 are possible)" in layout.assumed[0]


def test_shapes_decide_the_number_of_heads_where_they_can() -> None:
    layout = layout_of(without(prior_file(heads=11), "heads"))

    assert (prior_of(layout).heads, layout.assumed) == (11, ())


def test_cross_attention_helps_to_decide_the_number_of_heads() -> None:
    checkpoint = without(prior_file(hidden=15, heads=7, **CONDITIONS["frames"]), "heads")

    layout = layout_of(checkpoint)  # of the frames' 240 numbers: 238 by 7 or 14 heads, 240 by 2

    assert prior_of(layout).heads == 7
    assert "(14 are possible)" in layout.assumed[0]


def test_heads_that_the_shapes_exclude_are_refused() -> None:
    said = refusal(prior_file(heads=2), heads=5)

    assert "cannot have 5 attention heads" in said
    assert "Possible: 1, 2, 3, 4, 6, 12" in said


def test_dropouts_are_read_and_have_defaults() -> None:
    checkpoint = saying(prior_file(), dropout=0.5)

    prior = prior_of(layout_of(without(checkpoint, "attn_dropout")))

    assert (prior.dropout, prior.attention_dropout) == (0.5, 0.3)


def test_without_hyper_parameters_strides_attention_and_heads_are_assumed_and_told() -> None:
    checkpoint = silent(prior_file(**CONDITIONS["nothing, sparse"]))

    layout = layout_of(checkpoint)

    assert layout.tokenizer.stride == (4, 4, 4)
    assert layout.clip == (16, 32, 32)
    assert prior_of(layout).attention == "sparse"
    heads, attention, stride = layout.assumed
    assert heads.startswith("4 attention heads")
    assert attention.startswith("Block-sparse attention")
    assert stride.startswith("Strides of 4x4x4")
    assert "--tokenizer" in stride


def test_masks_show_full_attention() -> None:
    layout = layout_of(silent(prior_file()))

    assert prior_of(layout).attention == "full"
    assert not any("attention, as" in sentence for sentence in layout.assumed)


def test_frames_that_a_prior_looks_at_show_the_strides_of_height_and_width() -> None:
    sizes = {"context_frames": 1, "context_size": (64, 64)}
    tokenizer = tiny_vqvae(replace(VQVAE_SIZES, stride=(4, 8, 8)))
    prior = tiny_prior(tokenizer, replace(PRIOR_SIZES, **sizes))
    weights, _ = prior_checkpoint(prior, tokenizer, (16, 64, 64), "")

    layout = layout_of(Checkpoint(Path("bare.ckpt"), weights, {}, 0, ""))

    assert layout.tokenizer.stride == (8, 8, 8)
    assert prior_of(layout).context_size == (64, 64)


def test_the_tokenizers_own_file_says_the_strides() -> None:
    model = load(silent(prior_file()), tokenizer=vqvae_file(), heads=2)

    assert model.tokenizer.config == VQVAE_SIZES
    assert (model.clip, model.assumed) == (CLIP, ())


def test_the_tokenizers_own_file_completes_a_prior_without_it() -> None:
    checkpoint = prior_file()
    weights = {
        name: tensor
        for name, tensor in checkpoint.weights.items()
        if not name.startswith(VQVAE_PREFIX)
    }
    bare = replace(checkpoint, weights=weights)

    assert "holds a prior without its VQ-VAE" in refusal(bare)
    model = load(bare, tokenizer=vqvae_file())
    assert model.tokenizer.codebook.codes.equal(vqvae_file().weights["codebook.embeddings"])


def test_another_tokenizer_than_the_priors_own_is_refused() -> None:
    other = vqvae_file()
    changed = {"codebook.embeddings": other.weights["codebook.embeddings"] + 1}
    other = replace(other, weights={**other.weights, **changed})

    assert "trained on another VQ-VAE" in refusal(prior_file(), tokenizer=other)
    assert "is no checkpoint of a VQ-VAE" in refusal(prior_file(), tokenizer=prior_file())
    assert "holds no prior" in refusal(vqvae_file(), tokenizer=vqvae_file())


def test_a_tokenizer_without_hyper_parameters_gets_the_usual_sizes_and_says_so() -> None:
    layout = layout_of(silent(vqvae_file()))

    assert (layout.tokenizer.stride, layout.clip) == ((4, 4, 4), (16, 64, 64))
    assert len(layout.assumed) == 2


def test_a_factor_of_three_acts_as_two_and_clips_are_cut_to_what_divides() -> None:
    checkpoint = vqvae_file(replace(VQVAE_SIZES, stride=(2, 4, 4)))

    layout = layout_of(saying(checkpoint, downsample=[3, 4, 5], sequence_length=9, resolution=30))

    assert layout.tokenizer.stride == (2, 4, 4)
    assert layout.clip == (8, 28, 28)


# ── what is refused ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("hidden_dim", 24),
        ("layers", 3),
        ("class_cond_dim", 4),
        ("n_cond_frames", 1),
        ("attn_type", "sparse"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(argument: str, value: Any) -> None:
    said = refusal(saying(prior_file(), **{argument: value}))

    assert f"contradicts itself: its hyper-parameters say {argument} {value}" in said


def test_strides_that_the_tensors_cannot_do_are_refused() -> None:
    prior = saying(prior_file(), resolution=128)
    tokenizer = saying(vqvae_file(), downsample=[2, 8, 8])

    assert "4x8x8 tokens of clips of 8x128x128" in refusal(prior)
    assert "say strides of 2x8x8, but it has 2 convolutions" in refusal(tokenizer)
    assert "tokens of clips of 1x32x32" in refusal(saying(prior_file(), sequence_length=1))


def test_a_prior_older_than_its_start_is_refused_by_its_age() -> None:
    checkpoint = prior_file()
    weights = {name: t for name, t in checkpoint.weights.items() if not name.endswith(".sos")}

    assert "pre-dates June 2021" in refusal(replace(checkpoint, weights=weights))


def test_a_checkpoint_of_another_model_is_refused_by_what_it_holds() -> None:
    weights = {f"model.layer{n}.weight": torch.ones(2) for n in range(5)}

    said = refusal(Checkpoint(Path("other.ckpt"), weights, {}, 0, "2.0"))

    assert "other.ckpt is a checkpoint of another model: it holds “model.layer0.weight”" in said
    assert "and 2 more" in said


@pytest.mark.parametrize("make", [prior_file, vqvae_file])
def test_every_tensor_is_needed_and_no_other_is_taken(make: Any) -> None:
    checkpoint = make()
    for name in list(checkpoint.weights)[::7]:
        fewer = {key: value for key, value in checkpoint.weights.items() if key != name}
        if name.endswith("attn.mask"):
            load(replace(checkpoint, weights=fewer))
        else:
            assert checkpoint.path.name in refusal(replace(checkpoint, weights=fewer)), name
    more = {**checkpoint.weights, "encoder.extra": torch.ones(1)}
    assert "holds “encoder.extra” in excess" in refusal(replace(checkpoint, weights=more))


@pytest.mark.parametrize(
    ("name", "tensor", "said"),
    [
        ("fc_out.weight", torch.ones(9, 12), "“fc_out.weight” is 9x12 numbers, where"),
        ("fc_in.weight", torch.ones(12), "has another shape of “fc_in.weight”"),
        ("vqvae.codebook.N", torch.ones(16).long(), "holds numbers of type torch.int64"),
    ],
)
def test_tensors_of_another_shape_or_type_are_refused(name: str, tensor: Tensor, said: str) -> None:
    checkpoint = prior_file()

    weights = {**checkpoint.weights, name: tensor}

    assert said in refusal(replace(checkpoint, weights=weights))


def test_weights_larger_than_the_free_memory_are_not_loaded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lightning, "free_memory", lambda: 1000)

    assert "of memory, but 1.0 kB are free" in refusal(prior_file())


# ── what the authors' code has not ─────────────────────────────────────────────────────────────

TOKENIZER_OBSTACLES: dict[str, tuple[dict[str, Any], str]] = {
    "codebooks": ({"codebooks": 2}, "it has 2 codebooks"),
    "attention": ({"axial_attention": False}, "no axial attention"),
    "width": ({"res_hidden": 3}, "3 wide, not half of 8"),
    "strides": ({"stride": (2, 2, 2)}, "strides of 2x2x2 crash there"),
}
PRIOR_OBSTACLES: dict[str, tuple[dict[str, Any], str]] = {
    "width": ({"hidden": 14}, "its width 14 does not divide by three"),
    "feed-forward": ({"mlp": 12}, "12 wide, not 48"),
    "grid": ({"grid": (2, 8, 8)}, "its clips have 4x8x8 tokens, but its prior reads 2x8x8"),
    "frames": ({"context_frames": 1, "context_size": (64, 64)}, "it looks at frames of 64x64"),
    "ResNet": (
        CONDITIONS["frames"] | {"context_widths": (6, 6, 6, 240)},
        "its ResNet has groups of 3x4x6x3 blocks, 6x6x6x240 wide",
    ),
}


@pytest.mark.parametrize("obstacle", TOKENIZER_OBSTACLES)
def test_a_tokenizer_that_the_authors_code_has_not_is_not_written(obstacle: str) -> None:
    sizes, said = TOKENIZER_OBSTACLES[obstacle]

    with pytest.raises(UserError, match=said):
        tokenizer_checkpoint(tiny_vqvae(replace(VQVAE_SIZES, **sizes)), CLIP)


@pytest.mark.parametrize("obstacle", PRIOR_OBSTACLES)
def test_a_prior_that_the_authors_code_has_not_is_not_written(obstacle: str) -> None:
    sizes, said = PRIOR_OBSTACLES[obstacle]

    with pytest.raises(UserError, match=said):
        prior_file(**sizes)


def test_a_prior_of_other_codes_and_clips_that_are_not_square_are_not_written() -> None:
    tokenizer = tiny_vqvae()
    prior = tiny_prior(tokenizer)
    prior.codes += 1

    with pytest.raises(UserError, match="reads other codes"):
        prior_checkpoint(prior, tokenizer, CLIP, "")
    with pytest.raises(UserError, match="64x32 pixels, not square"):
        tokenizer_checkpoint(tokenizer, (8, 32, 64))


def test_sizes_that_no_network_can_have_are_refused() -> None:
    config = VQVAEConfig(hidden=8, res_layers=1, embedding_dim=4, codebook_size=8)
    checkpoint = vqvae_file(config)
    weights = {k: v for k, v in checkpoint.weights.items() if "encoder.convs" not in k}

    assert "does not fit VideoGPT: stride (1, 1, 1)" in refusal(
        silent(replace(checkpoint, weights=weights))
    )
