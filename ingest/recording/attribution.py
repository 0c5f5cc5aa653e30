"""What a call is for: set around it, read when it leaves, kept apart by thread and task."""

import functools
import inspect
import json
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, ParamSpec, Self, TypeVar

from ingest.errors import UsageError
from ingest.records import UNATTRIBUTED

if TYPE_CHECKING:
    from ingest.recording.runs import Run

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")
Label = str | int | bool


@dataclass(frozen=True)
class Attribution:
    """What the calls made here and now are for; `outer` is what was in force before."""

    ebook_id: str | None = None
    stage: str | None = None
    page_number: int | None = None
    labels: dict[str, Label] = field(default_factory=dict)
    run: "Run | None" = None
    outer: "Attribution | None" = None

    @property
    def labels_json(self) -> str | None:
        """The labels as a JSON object, `None` without any."""
        return json.dumps(self.labels, sort_keys=True, ensure_ascii=False) if self.labels else None


_current: ContextVar[Attribution] = ContextVar("inkledger_attribution", default=Attribution())  # noqa: B039 - frozen


def current_attribution() -> Attribution:
    """What a call leaving now is for."""
    return _current.get()


class attribute:  # noqa: N801 - reads as a verb: `with attribute(ebook_id=…)`, `@attribute(…)`
    """Attribute the calls made inside to an ebook, a stage, a page and labels of your own.

    A context manager and a decorator, of coroutines too. It nests: what is given here wins over
    what is around it, the rest stays. A new thread begins without any attribution, as Python's
    context variables do; a new asyncio task begins with a copy of its creator's.
    """

    def __init__(
        self,
        *,
        ebook_id: str | None = None,
        stage: str | None = None,
        page_number: int | None = None,
        run: "Run | None" = None,
        **labels: Label,
    ) -> None:
        _check(ebook_id, stage, page_number, labels)
        given = {"ebook_id": ebook_id, "stage": stage, "page_number": page_number, "run": run}
        self._given: dict[str, Any] = {
            name: value for name, value in given.items() if value is not None
        }
        self._labels = labels

    def __enter__(self) -> Self:
        outer = _current.get()
        labels = {**outer.labels, **self._labels}
        _current.set(replace(outer, **self._given, labels=labels, outer=outer))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Linked, not reset by token: one `attribute` may be entered in several contexts at once.
        _current.set(_current.get().outer or Attribution())

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


def _check(ebook_id: object, stage: object, page_number: object, labels: dict[str, Label]) -> None:
    for name, text in (("ebook_id", ebook_id), ("stage", stage)):
        if text is not None and (not isinstance(text, str) or not text.strip()):
            raise UsageError(f"{name} must be a text that is not empty, not {text!r}.")
    if ebook_id == UNATTRIBUTED:
        raise UsageError(
            f"ebook_id may not be {UNATTRIBUTED!r}: that is the bucket of calls without an ebook."
        )
    if page_number is not None and (
        not isinstance(page_number, int) or isinstance(page_number, bool)
    ):
        raise UsageError(f"page_number must be a whole number, not {page_number!r}.")
    for name, label in labels.items():
        if not isinstance(label, str | int | bool):
            raise UsageError(
                f"label {name} must be a text, a whole number or a truth value, not {label!r}."
            )
