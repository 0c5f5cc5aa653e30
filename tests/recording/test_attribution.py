"""A call is for what stands around it: the inner wins, and threads and tasks keep apart."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

import pytest

from ingest.errors import UsageError
from ingest.recording.attribution import attribute, current_attribution


def here() -> tuple[Any, ...]:
    now = current_attribution()
    return now.ebook_id, now.stage, now.page_number, now.labels_json


BUCKET = "the bucket of calls without an ebook"
NOTHING = (None, None, None, None)


def test_outside_any_a_call_is_for_nothing() -> None:
    assert here() == NOTHING


def test_what_is_given_inside_wins_and_the_rest_stays() -> None:
    with attribute(ebook_id="forest", stage="outline", series="animals", imprint="small"):
        with attribute(stage="line_art", page_number=3, series="trees"):
            assert here() == ("forest", "line_art", 3, '{"imprint": "small", "series": "trees"}')
        assert here() == ("forest", "outline", None, '{"imprint": "small", "series": "animals"}')
    assert here() == NOTHING


def test_several_ebooks_stand_in_for_one_and_one_for_several() -> None:
    def for_ebooks() -> tuple[str | None, str | None]:
        now = current_attribution()
        return now.ebook_id, now.ebook_ids_json

    several = (None, '["forest", "öland"]')
    with attribute(ebook_id="river", stage="style"):
        with attribute(ebook_ids=iter(["öland", "forest", "öland"]), page_number=1):
            assert for_ebooks() == several
            assert here() == (None, "style", 1, None)
            with attribute(stage="cover"):
                assert for_ebooks() == several
            with attribute(ebook_id="meadow"):
                assert for_ebooks() == ("meadow", None)
            with attribute(ebook_ids=["meadow", "meadow"]):
                assert for_ebooks() == ("meadow", None)
            assert for_ebooks() == several
        assert for_ebooks() == ("river", None)
    assert for_ebooks() == (None, None)


def test_an_error_inside_ends_it_too() -> None:
    with pytest.raises(ZeroDivisionError), attribute(ebook_id="forest"):
        _ = 1 / 0
    assert here() == NOTHING


def test_a_function_and_a_coroutine_can_be_decorated() -> None:
    @attribute(ebook_id="forest")
    def draw(page_number: int) -> tuple[Any, ...]:
        return (*here(), page_number)

    @attribute(ebook_id="meadow")
    async def draw_later() -> tuple[Any, ...]:
        await asyncio.sleep(0)
        return here()

    assert draw(7) == ("forest", None, None, None, 7)
    assert draw.__name__ == "draw"
    assert asyncio.run(draw_later()) == ("meadow", None, None, None)
    assert here() == NOTHING


def test_a_decorated_function_may_call_itself() -> None:
    @attribute(stage="line_art")
    def count_down(number: int) -> int:
        assert here()[1] == "line_art"
        return number and count_down(number - 1)

    assert count_down(5) == 0
    assert here() == NOTHING


def test_tasks_keep_apart_and_begin_with_what_their_creator_had() -> None:
    async def draw(page_number: int) -> tuple[Any, ...]:
        with attribute(page_number=page_number):
            await asyncio.sleep(0)
            return here()

    async def draw_all() -> list[tuple[Any, ...]]:
        with attribute(ebook_id="forest"):
            return await asyncio.gather(*map(draw, range(5)))

    assert asyncio.run(draw_all()) == [("forest", None, page, None) for page in range(5)]


def test_one_attribution_serves_many_tasks_at_once() -> None:
    forest = attribute(ebook_id="forest")

    @forest
    async def draw(page_number: int) -> tuple[Any, ...]:
        with attribute(page_number=page_number):
            await asyncio.sleep(0)
        await asyncio.sleep(0)
        return here()

    async def draw_all() -> list[tuple[Any, ...]]:
        return await asyncio.gather(*map(draw, range(5)))

    assert asyncio.run(draw_all()) == [("forest", None, None, None)] * 5


def test_a_thread_begins_with_nothing_and_leaks_nothing() -> None:
    meeting = threading.Barrier(2)

    def draw(ebook_id: str) -> tuple[tuple[Any, ...], ...]:
        before = here()
        with attribute(ebook_id=ebook_id):
            meeting.wait()
            return before, here()

    with attribute(ebook_id="around"), ThreadPoolExecutor(2) as pool:
        assert list(pool.map(draw, ["a", "b"])) == [
            (NOTHING, ("a", None, None, None)),
            (NOTHING, ("b", None, None, None)),
        ]
        assert pool.submit(copy_context().run, here).result() == ("around", None, None, None)
        assert here() == ("around", None, None, None)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"ebook_id": ""}, "ebook_id must be a text that is not empty, not ''."),
        ({"ebook_id": 7}, "ebook_id must be a text that is not empty, not 7."),
        ({"ebook_id": "a\udcff"}, "ebook_id must be a text that is not empty, not 'a\\udcff'."),
        ({"stage": "  "}, "stage must be a text that is not empty, not '  '."),
        ({"page_number": "3"}, "page_number must be a whole number from 0 on, not '3'."),
        ({"page_number": True}, "page_number must be a whole number from 0 on, not True."),
        ({"page_number": -1}, "page_number must be a whole number from 0 on, not -1."),
        ({"page_number": 2**64}, f"page_number must be a whole number from 0 on, not {2**64}."),
        (
            {"share": 0.5},
            "label share must be a text, a whole number or a truth value, not 0.5.",
        ),
        (
            {"series": None},
            "label series must be a text, a whole number or a truth value, not None.",
        ),
        ({"ebook_ids": "forest"}, "ebook_ids must be a list of ids, not 'forest'."),
        ({"ebook_ids": 7}, "ebook_ids must be a list of ids, not 7."),
        ({"ebook_ids": []}, "ebook_ids must name at least one ebook."),
        ({"ebook_ids": ["a", []]}, "each of ebook_ids must be a text that is not empty, not []."),
        ({"ebook_ids": ["a", ""]}, "each of ebook_ids must be a text that is not empty, not ''."),
        (
            {"ebook_ids": ["a", "unattributed"]},
            f"each of ebook_ids may not be 'unattributed': that is {BUCKET}.",
        ),
        ({"ebook_id": "a", "ebook_ids": ["b"]}, "Give either ebook_id or ebook_ids, not both."),
        (
            {"ebook_id": "unattributed"},
            "ebook_id may not be 'unattributed': that is the bucket of calls without an ebook.",
        ),
    ],
)
def test_bad_input_is_refused_in_a_sentence(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UsageError) as refused:
        attribute(**given)
    assert str(refused.value) == sentence


def test_a_generator_cannot_be_decorated() -> None:
    with pytest.raises(UsageError, match="use it inside, as a context manager"):

        @attribute(ebook_id="forest")
        def draw():  # type: ignore[no-untyped-def]
            yield 1


def test_any_word_may_be_a_label() -> None:
    with attribute(run="july", outer="x", labels=1):
        assert here()[3] == '{"labels": 1, "outer": "x", "run": "july"}'
