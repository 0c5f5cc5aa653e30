"""What a call is for: set around it, read when it leaves, kept apart by thread and task."""

import functools
import inspect
import json
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeGuard, TypeVar

from ingest.errors import UsageError
from ingest.identifiers import RESERVED_EBOOKS, list_ids

if TYPE_CHECKING:
    from ingest.recording.runs import Run

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Label = str | int | bool
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Attribution:
    """What the calls made here and now are for; `outer` is what was in force before."""

    ebook_id: str | None = None
    ebook_ids: frozenset[str] = frozenset()
    """Several ebooks that share the calls; there is no `ebook_id` then."""
    stage: str | None = None
    page_number: int | None = None
    labels: dict[str, Label] = field(default_factory=dict)
    run: "Run | None" = None
    outer: "Attribution | None" = None

    @functools.cached_property
    def ebook_ids_json(self) -> str | None:
        """The ebooks as a JSON array, `None` without any."""
        return list_ids(self.ebook_ids) if self.ebook_ids else None

    @functools.cached_property
    def labels_json(self) -> str | None:
        """The labels as a JSON object, `None` without any."""
        return json.dumps(self.labels, sort_keys=True, ensure_ascii=False) if self.labels else None


_current: ContextVar[Attribution] = ContextVar("inkledger_attribution", default=Attribution())  # noqa: B039 - frozen


def current_attribution() -> Attribution:
    """What a call leaving now is for."""
    return _current.get()


class attribute:  # noqa: N801 - reads as a verb: `with attribute(ebook_id=…)`, `@attribute(…)`
    """Attribute the calls made inside to an ebook, a stage, a page and labels of your own.

    What serves several ebooks names them as `ebook_ids` instead. What serves a whole series names
    no ebook, and the series as the label `series`. Their cost is shared, see docs/sharing.md.

    A context manager and a decorator, of coroutines too. It nests: what is given here wins over
    what is around it, the rest stays. A new thread begins without any attribution, as Python's
    context variables do; a new asyncio task begins with a copy of its creator's.
    """

    def __init__(
        self,
        *,
        ebook_id: str | None = None,
        ebook_ids: Iterable[str] | None = None,
        stage: str | None = None,
        page_number: int | None = None,
        **labels: Label,
    ) -> None:
        _check(ebook_id, stage, page_number, labels)
        given = {"stage": stage, "page_number": page_number}
        self._given: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None
        }
        if ebook_ids is not None:
            self._given |= _several(ebook_id, ebook_ids)
        elif ebook_id is not None:
            self._given |= {"ebook_id": ebook_id, "ebook_ids": frozenset()}
        self._labels = labels

    def __enter__(self) -> Self:
        _enter(**self._given, labels={**_current.get().labels, **self._labels})
        return self

    def __exit__(self, *_: object) -> None:
        _leave()

    def __call__(self, function: Callable[Parameters, Result]) -> Callable[Parameters, Result]:
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise UsageError(
                "attribute() cannot decorate a generator: use it inside, as a context manager."
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def attributed_coroutine(*args: Any, **kwargs: Any) -> Any:
                with self:
                    return await function(*args, **kwargs)

            return attributed_coroutine  # type: ignore[return-value]  # the wrapped coroutine's own type

        @functools.wraps(function)
        def attributed(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Result:
            with self:
                return function(*args, **kwargs)

        return attributed


@contextmanager
def belonging_to(run: "Run") -> Iterator[None]:
    """Count the calls made inside as part of `run`."""
    _enter(run=run)
    try:
        yield
    finally:
        _leave()


def _enter(**changes: Any) -> None:
    outer = _current.get()
    _current.set(replace(outer, **changes, outer=outer))


def _leave() -> None:
    # Linked, not reset by token: one `attribute` may be entered in several contexts at once.
    _current.set(_current.get().outer or Attribution())


def _several(ebook_id: str | None, ebook_ids: Iterable[str]) -> dict[str, Any]:
    """What is in force for several ebooks; of one, what is for that one."""
    if ebook_id is not None:
        raise UsageError("Give either ebook_id or ebook_ids, not both.")
    if isinstance(ebook_ids, str) or not isinstance(ebook_ids, Iterable):
        raise UsageError(f"ebook_ids must be a list of ids, not {ebook_ids!r}.")
    several = list(ebook_ids)
    if not several:
        raise UsageError("ebook_ids must name at least one ebook.")
    for each in several:
        _check_ebook("each of ebook_ids", each)
    if len(set(several)) == 1:
        return {"ebook_id": several[0], "ebook_ids": frozenset()}
    return {"ebook_id": None, "ebook_ids": frozenset(several)}


def _check(ebook_id: object, stage: object, page_number: object, labels: dict[str, Label]) -> None:
    if ebook_id is not None:
        _check_ebook("ebook_id", ebook_id)
    if stage is not None:
        _check_text("stage", stage)
    if page_number is not None and not _is_page_number(page_number):
        raise UsageError(f"page_number must be a whole number from 0 on, not {page_number!r}.")
    for name, label in labels.items():
        if not _is_text(label) and not isinstance(label, int):
            raise UsageError(
                f"label {name} must be a text, a whole number or a truth value, not {label!r}."
            )


def _check_ebook(name: str, ebook_id: object) -> None:
    _check_text(name, ebook_id)
    if isinstance(ebook_id, str) and ebook_id in RESERVED_EBOOKS:
        raise UsageError(f"{name} may not be {ebook_id!r}: that is {RESERVED_EBOOKS[ebook_id]}.")


def _check_text(name: str, text: object) -> None:
    if not _is_text(text) or not text.strip():
        raise UsageError(f"{name} must be a text that is not empty, not {text!r}.")


def _is_text(value: object) -> TypeGuard[str]:
    # A file name that is no UTF-8 comes as a text which cannot be written down again.
    return isinstance(value, str) and not _SURROGATE.search(value)


def _is_page_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
