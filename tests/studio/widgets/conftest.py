"""What the tests of the widgets share: the look, and pictures to show."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtWidgets import QApplication

from studio import theme


@pytest.fixture(scope="session", autouse=True)
def _look(qapp: QApplication) -> None:
    theme.apply(qapp)


@pytest.fixture
def picture() -> np.ndarray:
    """A frame of 320 by 180 with a different colour everywhere."""
    ys, xs = np.mgrid[:180, :320]
    return np.stack([xs % 256, ys, (xs + ys) % 256], -1).astype(np.uint8)
