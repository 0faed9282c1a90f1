"""How a file was made: the request behind its pictures, as JSON in the file's metadata.

No path goes along: of the model the folder's name, of the clip the file's name.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from core.errors import UserError
from core.media.tags import LONGEST_TAG, read_tag
from core.requests import GenerationRequest

FORMAT = 1


@dataclass(frozen=True)
class Provenance:
    """How the pictures of a file came to be.

    Attributes:
        request: it makes the one clip that the file shows; `bundle` and `clip` are names without
            folders.
        first: the clip's frame that the file begins with.
        program: the version of Maskreel that wrote it.
    """

    request: GenerationRequest
    first: int = 0
    program: str = ""

    def to_tag(self) -> str:
        """ASCII; masks are packed, as there may be one for every frame."""
        request = self.request.to_json()
        request["painted"] = request["painted"] and _packed(request["painted"])
        data = {
            "maskreel": FORMAT,
            "program": self.program,
            "first": self.first,
            "request": request,
        }
        return json.dumps(data)

    @classmethod
    def from_tag(cls, tag: str) -> Provenance | None:
        """What `to_tag` has written; None when the text is not of this version's format."""
        try:
            data = json.loads(tag)
            if data["maskreel"] != FORMAT:
                return None
            request = dict(data["request"])
            request["painted"] = request["painted"] and _unpacked(request["painted"])
            made = GenerationRequest.from_json(request)
            return cls(_checked(made), int(data["first"]), str(data["program"]))
        except (ValueError, KeyError, TypeError, AttributeError, zlib.error):
            return None  # the file is of somebody else, or was cut


def provenance(request: GenerationRequest, variation: int = 0, first: int = 0) -> Provenance:
    """Of a file that shows one variation of a result and begins with the clip's frame `first`."""
    alone = replace(
        request,
        bundle=Path(request.bundle).name,
        clip=None if request.clip is None else Path(request.clip).name,
        seed=request.seed + variation,
        count=1,
        resume=None,
    )
    return Provenance(alone, first, _program())


def read_provenance(path: Path) -> Provenance:
    """How a file (or folder of pictures) was made.

    Raises:
        UserError: it is not there, or does not say.
    """
    if not path.exists():
        raise UserError(f"“{path}” is not there. It may have been moved or renamed.")
    found = Provenance.from_tag(read_tag(path))
    if found is None:
        raise UserError(
            f"“{path.name}” does not say how it was made: it was not exported by Maskreel, or "
            "another program has written it anew. Choose the exported file itself."
        )
    return found


def _checked(request: GenerationRequest) -> GenerationRequest:
    """Names without folders, whoever wrote them.

    Raises:
        TypeError: a field is of another kind.
    """
    texts = (request.bundle, request.task, request.decoder)
    numbers = (
        request.seed, request.count, request.kept, request.length, request.overlap, request.parent,
    )  # fmt: skip
    if not all(isinstance(text, str) for text in texts):
        raise TypeError(f"names are texts, not {texts}")
    if not all(isinstance(number, int) and number >= 0 for number in numbers):
        raise TypeError(f"numbers are whole and not below 0, unlike {numbers}")
    clip = None if request.clip is None else Path(request.clip).name
    return replace(request, bundle=Path(request.bundle).name, clip=clip, resume=None)


def _packed(masks: Mapping[str, Any]) -> str:
    return base64.b64encode(zlib.compress(json.dumps(masks).encode())).decode()


def _unpacked(text: str) -> Any:
    unpacker = zlib.decompressobj()
    data = unpacker.decompress(base64.b64decode(text), LONGEST_TAG)
    if unpacker.unconsumed_tail:
        raise ValueError("the masks are too large")
    return json.loads(data)


def _program() -> str:
    try:
        return version("maskreel")
    except PackageNotFoundError:
        return "unknown"
