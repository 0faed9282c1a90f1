"""Figures of a card become a table: a row per task and measure, a column per way."""

from __future__ import annotations

from studio.state.models.figures import Figure, table


def test_ways_of_one_measure_share_a_row() -> None:
    ways, rows = table(
        {
            "FP_psnr_still": 18.7265,
            "FP_psnr_model": 18.1847,
            "continue-class_lpips_model": 0.4972,
            "tokenizer_frechet_model": 22823.3557,
        }
    )

    assert ways == ("model", "still")
    assert rows == (
        Figure("Predict the frames that follow", "PSNR", {"still": "18.73", "model": "18.18"}),
        Figure("Continue the clip as a class", "LPIPS", {"model": "0.497"}),
        Figure("Tokenizer", "Fréchet distance", {"model": "22,823"}),
    )


def test_figures_of_tokens_and_unknown_ones_keep_their_names() -> None:
    _, rows = table({"tokenizer_psnr": 22.4, "masked_cross_entropy": 2.9726, "odd": 0.0})

    assert [(row.what, row.measure) for row in rows] == [
        ("Tokenizer", "PSNR"),
        ("Tokens", "Masked cross entropy"),
        ("Tokens", "Odd"),
    ]
    assert rows[2].values == {"model": "0.00"}
