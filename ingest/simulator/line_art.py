"""A small, real PNG: line art of a few curves, other ones for every seed."""

import math
import struct
import zlib
from functools import cache

from ingest.simulator.seeding import Draw

_SIDE = 192
_POINT_COUNT = 1200
_WHITE_ROW = b"\xff" * (_SIDE // 8)


def draw_line_art(draw: Draw) -> bytes:
    """A black and white PNG of 192 × 192 pixels and about a kilobyte."""
    rows = [bytearray(_WHITE_ROW) for _ in range(_SIDE)]
    for curve in range(draw.integer("curve_count", 2, 3)):
        _trace(rows, draw, f"curve{curve}")
    return _png(rows)


def _trace(rows: list[bytearray], draw: Draw, name: str) -> None:
    """Plot one hypotrochoid: what a pen in a wheel draws that rolls inside a ring."""
    turns = draw.integer(name + "turns", 3, 11)
    ratio = draw.between(name + "ratio", 0.2, 0.6)
    radius = draw.between(name + "radius", 0.5, 0.9) * _SIDE / 2 / (1 + ratio)
    circle = _circle()
    for step, (across, down) in enumerate(circle):
        wheel_across, wheel_down = circle[step * turns % _POINT_COUNT]
        column = int(_SIDE / 2 + radius * (across + ratio * wheel_across))
        row = int(_SIDE / 2 + radius * (down - ratio * wheel_down))
        rows[row][column // 8] &= ~(0x80 >> column % 8)


@cache
def _circle() -> list[tuple[float, float]]:
    angles = (math.tau * step / _POINT_COUNT for step in range(_POINT_COUNT))
    return [(math.cos(angle), math.sin(angle)) for angle in angles]


def _png(rows: list[bytearray]) -> bytes:
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 1, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", pixels) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + content))
    return struct.pack(">I", len(content)) + kind + content + checksum
