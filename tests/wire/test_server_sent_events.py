"""Events come out of the stream whole, wherever the network cut it."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from ingest.wire.sse import EventSplitter
from tests.wire.bodies import STREAM

EVENTS = [line[6:] for line in STREAM.split(b"\n") if line.startswith(b"data: ")]


def split(chunks: list[bytes]) -> list[bytes]:
    splitter = EventSplitter()
    events = [event for chunk in chunks for event in splitter.feed(chunk)]
    return [*events, *splitter.end()]


def cut(content: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(content) + 1) for place in places), len(content)]
    return [content[start:end] for start, end in pairwise(edges)]


def test_one_cut_at_any_byte_changes_nothing() -> None:
    for place in range(len(STREAM) + 1):
        assert split([STREAM[:place], STREAM[place:]]) == EVENTS


@given(
    places=st.lists(st.integers(min_value=0), max_size=40),
    line_end=st.sampled_from(["\n", "\r\n", "\r"]),
)
def test_any_number_of_cuts_and_any_line_end_change_nothing(
    places: list[int], line_end: str
) -> None:
    content = STREAM.replace(b"\n", line_end.encode())
    assert split(cut(content, places)) == EVENTS


def test_a_stream_without_a_last_line_end_gives_its_last_event() -> None:
    assert split([STREAM.rstrip(b"\n")]) == EVENTS
    assert split([b"data: 1\r"]) == [b"1"]


def test_comments_names_and_empty_lines_are_no_events() -> None:
    assert split([b": hello\n\nevent: ping\nid: 3\n\ndata:2\n"]) == [b"2"]


def test_a_megabyte_in_one_line_of_many_pieces_is_one_event() -> None:
    pieces = [b"data: ", *[b"x" * 1000] * 1000, b"\n"]
    assert split(pieces) == [b"x" * 1_000_000]
