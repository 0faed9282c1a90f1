"""Everything that the user can do, in one table: menus, shortcuts, tooltips and the list of keys.

A file per menu. A row says what is done (`run`) and why it cannot be done now (`obstacle`: a
sentence, or "").
"""

from __future__ import annotations

from studio.actions.canvas import CANVAS
from studio.actions.clip import CLIP
from studio.actions.edit import EDIT
from studio.actions.file import FILE
from studio.actions.generate import GENERATE
from studio.actions.help import HELP
from studio.actions.mask import MASK
from studio.actions.result import RESULT
from studio.actions.row import Row
from studio.actions.tools import TOOLS
from studio.actions.view import VIEW

MENUS: dict[str, tuple[Row | None, ...]] = {
    "File": FILE,
    "Edit": EDIT,
    "Tools": TOOLS,
    "Mask": MASK,
    "View": VIEW,
    "Canvas": CANVAS,
    "Clip": CLIP,
    "Generate": GENERATE,
    "Results": RESULT,
    "Help": HELP,
}

ROWS = tuple(row for rows in MENUS.values() for row in rows if row is not None)
