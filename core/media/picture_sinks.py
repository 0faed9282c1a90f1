"""The formats that are made of single pictures: PNG frames, GIF, NumPy arrays."""

from __future__ import annotations

import math
import shutil
import tempfile
import zipfile
import zlib
from contextlib import suppress
from fractions import Fraction

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from core.media.sinks import TAG, Output

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PNG_HEADER_END = 33
"""Bytes of a PNG's signature and header: further blocks of text stand behind them."""


class PNGSink:
    """Numbered pictures in a folder, starting with frame_00001.png, which carries the tag."""

    def __init__(self, output: Output) -> None:
        self._folder, self._tag = output.path, output.tag
        self._order = cv2.COLOR_RGBA2BGRA if output.alpha else cv2.COLOR_RGB2BGR
        self._settings = [cv2.IMWRITE_PNG_COMPRESSION, output.options.compression]
        self._count = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        self._count += 1
        _, coded = cv2.imencode(".png", cv2.cvtColor(frame, self._order), self._settings)
        data = coded.tobytes()
        if self._tag and self._count == 1:
            data = data[:PNG_HEADER_END] + png_text(TAG, self._tag) + data[PNG_HEADER_END:]
        (self._folder / f"frame_{self._count:05}.png").write_bytes(data)

    def finish(self) -> None:
        """Every picture is complete already."""

    def close(self) -> None:
        """No file is held open."""


def png_text(key: str, text: str) -> bytes:
    """A block of a PNG file with an ASCII text under a key."""
    block = b"tEXt" + key.encode("ascii") + b"\0" + text.encode("ascii")
    length, check = len(block) - 4, zlib.crc32(block)
    return length.to_bytes(4, "big") + block + check.to_bytes(4, "big")


FASTEST_GIF = 50
_HUNDREDTH = Fraction(1, 100)
_GIF_END = b"\x3b"
_GIF_COMMENT = b"\x21\xfe"


class GIFSink:
    """A palette of its own for each frame, so that memory does not grow with the clip.

    Above 50 frames a second every second, third, ... frame is left out: browsers play shorter
    delays than 2 hundredths of a second as ten.
    """

    def __init__(self, output: Output) -> None:
        self._output, self._rate = output, output.rate
        loop = {"loop": "0" if output.options.loop else "-1"}
        self._file = av.open(str(output.path.absolute()), "w", format="gif", options=loop)
        self._stream = self._file.add_stream("gif", rate=100)
        self._stream.width, self._stream.height = output.size
        self._stream.pix_fmt = "pal8"
        self._stream.codec_context.time_base = _HUNDREDTH
        self._graph = _palette_graph(output)
        self._seen = 0
        self._step = math.ceil(output.rate / FASTEST_GIF)

    def add(self, frame: NDArray[np.uint8]) -> None:
        self._seen += 1
        if (self._seen - 1) % self._step:
            return
        picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), "rgb24")
        picture.pts, picture.time_base = self._hundredths(self._seen - 1), _HUNDREDTH
        self._graph.push(picture)
        self._encode_ready()

    def finish(self) -> None:
        self._graph.push(None)
        self._encode_ready()
        self._file.mux(self._stream.encode(None))
        self._file.close()
        if self._output.tag:
            self._add_comment(f"{TAG} {self._output.tag}".encode("ascii"))

    def close(self) -> None:
        with suppress(av.FFmpegError):  # as in VideoSink
            self._file.close()

    def _encode_ready(self) -> None:
        while True:
            try:
                picture = self._graph.pull()
            except (BlockingIOError, EOFError):
                return
            picture.time_base = _HUNDREDTH
            for packet in self._stream.encode(picture):
                packet.duration = self._hundredths(self._step)
                self._file.mux(packet)

    def _hundredths(self, frames: int) -> int:
        return round(frames * 100 / self._rate)

    def _add_comment(self, text: bytes) -> None:
        """Put a comment before the byte that ends the file; FFmpeg itself writes none."""
        pieces = (text[begin : begin + 255] for begin in range(0, len(text), 255))
        blocks = b"".join(bytes([len(piece)]) + piece for piece in pieces)
        with self._output.path.open("r+b") as file:
            file.seek(-1, 2)
            file.write(_GIF_COMMENT + blocks + b"\0" + _GIF_END)


def _palette_graph(output: Output) -> av.filter.Graph:
    options, (width, height) = output.options, output.size
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=_HUNDREDTH)
    split = graph.add("split")
    colours = f"max_colors={options.colours}:stats_mode=single:reserve_transparent=0"
    palette = graph.add("palettegen", colours)
    use = graph.add("paletteuse", f"new=1:dither={options.dither}")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(palette, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


class ArraySink:
    """`frames` uint8 (T, H, W, 3 or 4), `rate` as two integers and `maskreel` as text, in a file
    for `numpy.load`.

    How many frames there are is known at the end only, so they wait in a file without a name.
    """

    def __init__(self, output: Output) -> None:
        self._output = output
        self._frames = tempfile.TemporaryFile(dir=output.path.parent)  # noqa: SIM115
        self._count = 0

    def add(self, frame: NDArray[np.uint8]) -> None:
        self._frames.write(np.ascontiguousarray(frame).data.cast("B"))
        self._count += 1

    def finish(self) -> None:
        output = self._output
        width, height = output.size
        shape = (self._count, height, width, 4 if output.alpha else 3)
        rate = np.array(output.rate.as_integer_ratio(), np.int64)
        self._frames.seek(0)
        with zipfile.ZipFile(output.path, "w") as archive:
            with archive.open("frames.npy", "w", force_zip64=True) as entry:
                header = {"descr": "|u1", "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_1_0(entry, header)
                shutil.copyfileobj(self._frames, entry, 1 << 20)
            for name, array in (("rate", rate), (TAG, np.array(output.tag))):
                with archive.open(f"{name}.npy", "w") as entry:
                    np.lib.format.write_array(entry, array, allow_pickle=False)

    def close(self) -> None:
        self._frames.close()
