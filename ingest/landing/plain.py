"""Lines that are plainly right, many at a time.

A line is plain if it is written as the recorder writes it: the fields in their order, each in the
one form that its type and its bounds have there. An expression made of the record's own fields
says so from the line's first byte to its last, so that what it takes is JSON without strangers or
doubles, and a record. What it does not take is not wrong: `exact` decides.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any, Literal, get_args, get_origin

import polars as pl
from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from ingest.lake import columns
from ingest.money import LARGEST_USD
from ingest.records import TABLES

LINE = "nth"
TEXT = "text"

_SIGN = r'[^"\\\x00-\x1f]'
_ESCAPE = r'\\(?:["\\/bfnrt]|u(?:[0-9a-cefA-CEF][0-9a-fA-F]|[dD][0-7])[0-9a-fA-F]{2})'
_DATE = (
    "[1-9][0-9]{3}-(?:(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    "|(?:0[13-9]|1[0-2])-(?:29|30)|(?:0[13578]|1[02])-31)"
    "|[1-9][0-9](?:0[48]|[2468][048]|[13579][26])-02-29"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
_LARGEST_COUNT = 2**63 - 1
_FORMS: dict[tuple[type[pl.DataType], frozenset[Any]], str] = {
    (pl.String, frozenset()): f'"(?:{_SIGN}|{_ESCAPE})*"',
    (pl.Boolean, frozenset()): "(?:true|false)",
    (pl.Int64, frozenset({Ge(0), Le(_LARGEST_COUNT)})): "(?:0|[1-9][0-9]{0,17})",
    (pl.Int64, frozenset({Ge(0), Ge(1), Le(_LARGEST_COUNT)})): "[1-9][0-9]{0,17}",
    # Well below the bound, which an amount must not reach by being rounded.
    (pl.Decimal, frozenset({Ge(0), Lt(LARGEST_USD)})): (
        r'"(?:0|[1-3]?[0-9]{1,5})(?:\.[0-9]{1,22})?(?:E-[0-9]{1,2})?"'
    ),
    (pl.Datetime, frozenset()): f'"(?:{_DATE})T{_TIME}"',
}
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%6fZ"


class PlainLines:
    """Reads the plain lines of `table_name`, whose fields are written in the order of `names`."""

    def __init__(self, table_name: str, names: Sequence[str], *, latest: bool = False) -> None:
        self._types = columns(TABLES[table_name])
        self._fields = TABLES[table_name].model_fields
        self._names = names
        self._latest = latest
        self._head = f'{{"{table_name}":'
        self._pattern = "^" + re.escape(self._head) + self._object() + "[}]$"

    def read(self, lines: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The rows of the `lines` that are plain, each with its number, and the other lines.

        With `latest` the last plain line stands for all that begin with the same field, their id.
        """
        is_plain = pl.col(TEXT).str.contains(self._pattern).fill_null(False)
        told = lines.lazy().with_columns(is_plain=is_plain).collect(engine="streaming")
        plain = told.filter("is_plain").select(
            LINE, pl.col(TEXT).str.slice(len(self._head)).str.head(-len("}"))
        )
        if self._latest:
            second = pl.col(TEXT).str.find(f',"{self._names[1]}":', literal=True)
            plain = plain.filter(pl.col(TEXT).str.slice(0, second).is_last_distinct())
        rows = self._parse(plain)
        if rows.is_empty():
            return rows, lines
        return rows, told.filter(~pl.col("is_plain")).drop("is_plain")

    def _parse(self, plain: pl.DataFrame) -> pl.DataFrame:
        """Their rows. None at all if one could not be read, which none is known to do."""
        read = pl.read_ndjson(
            plain.select(pl.col(TEXT).str.join("\n").cast(pl.Binary)).item(),
            schema={name: self._read_as(name) for name in self._names},
        )
        rows = read.select(plain[LINE], *(self._typed(name) for name in self._fields))
        is_lost = any(rows[name].null_count() > read[name].null_count() for name in self._names)
        return rows.clear() if is_lost else rows

    def _read_as(self, name: str) -> pl.DataType:
        kind = self._types[name]
        return pl.String() if isinstance(kind, pl.Datetime | pl.Decimal) else kind

    def _typed(self, name: str) -> pl.Expr:
        kind, field = self._types[name], self._fields[name]
        if name not in self._names:
            value = pl.lit(None, kind)
        elif isinstance(kind, pl.Datetime):
            value = pl.col(name).str.to_datetime(
                _TIME_FORMAT, time_unit="us", time_zone="UTC", strict=False
            )
        else:
            # Money is rounded half to even, once, as `round_usd` does.
            value = pl.col(name).cast(kind, strict=False)
        is_filled = not field.is_required() and field.default is not None
        return (value.fill_null(field.default) if is_filled else value).alias(name)

    def _object(self) -> str:
        first, *others = (
            f'"{name}":{_form(self._fields[name], self._types[name])}' for name in self._names
        )
        members = (
            f",{member}" if self._fields[name].is_required() else f"(?:,{member})?"
            for name, member in zip(self._names[1:], others, strict=True)
        )
        return "[{]" + first + "".join(members) + "[}]"


def _form(field: FieldInfo, kind: pl.DataType) -> str:
    parts = [*_parts(field.annotation, *field.metadata)]
    for part in parts:
        if get_origin(part) is Literal:
            return '"(?:' + "|".join(map(re.escape, get_args(part))) + ')"'
    bounds = frozenset(part for part in parts if isinstance(part, Ge | Gt | Le | Lt))
    return _FORMS[kind.base_type(), bounds]


def _parts(*wholes: Any) -> Iterator[Any]:
    """An annotation and all that it is made of, or whatever else stands beside one."""
    for whole in wholes:
        yield whole
        yield from _parts(*(whole.metadata if isinstance(whole, FieldInfo) else get_args(whole)))
