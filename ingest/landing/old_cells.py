"""What PostgreSQL's COPY writes, as a frame of texts."""

import io
import re

import polars as pl

IS_GARBLED = "is_garbled"
"""Whether a row holds bytes that are not UTF-8, as an old database without an encoding may."""
_BACKSLASH = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}
_GARBLED = r"(?:^|[^\\])(?:\\\\)*\\x"


def read_cells(copied: bytes, names: tuple[str, ...]) -> pl.DataFrame:
    """Lines of COPY's text format as texts; null is null, and an escaped sign is that sign."""
    if not copied:
        return pl.DataFrame(schema=dict.fromkeys(names, pl.String()))
    try:
        copied.decode()
    except UnicodeDecodeError:
        # COPY itself never writes \x, by which such rows are known below.
        copied = copied.decode(errors="backslashreplace").encode()
    cells = pl.read_csv(
        io.BytesIO(copied),
        has_header=False,
        separator="\t",
        quote_char=None,
        null_values="\\N",
        empty_string_is_null=False,
        schema=dict.fromkeys(names, pl.String()),
    )
    escaped = [name for name in names if cells[name].str.contains("\\", literal=True).any()]
    is_garbled = pl.any_horizontal(pl.col(name).str.contains(_GARBLED) for name in names)
    return cells.with_columns(is_garbled.fill_null(value=False).alias(IS_GARBLED)).with_columns(
        pl.col(name).map_elements(_unescaped, return_dtype=pl.String()) for name in escaped
    )


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda match: _BACKSLASH.get(match[1], match[0]), text)
