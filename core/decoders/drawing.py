"""Options on which tokens are drawn among, the same for decoders of both families."""

from __future__ import annotations

from typing import Any

from core.options import option


def top_k_option(*, advanced: bool = False) -> Any:
    """A field for `core.sampling.keep_likeliest`."""
    return option(
        0,
        label="Top k",
        minimum=0,
        help="Draw among the k likeliest tokens only; 0 draws among all.",
        advanced=advanced,
    )


def top_p_option(*, advanced: bool = False) -> Any:
    """A field for `core.sampling.keep_likeliest`."""
    return option(
        0.0,
        label="Top p",
        minimum=0.0,
        maximum=1.0,
        step=0.01,
        help="Draw among the likeliest tokens that make up this probability; 0 draws among all.",
        advanced=advanced,
    )
