"""People who look at the dashboard, as its server sees them: sessions without a browser."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

PAGES = ("", "costs", "ebook", "models", "reconciliation", "plan", "explore")
LOOKING_SECONDS = 10.0
"""How long somebody looks at a page before the next one."""


def visit(port: int, page: str, query: dict[str, str]) -> float:
    """Open a page in a session of its own until it is drawn whole; the seconds that it took.

    Raises `RuntimeError` where the page fails.
    """
    began = time.perf_counter()
    host = f"127.0.0.1:{port}"
    with connect(
        f"ws://{host}/_stcore/stream",
        origin=f"http://{host}",  # type: ignore[arg-type]
        subprotocols=["streamlit"],  # type: ignore[list-item]
        max_size=None,
    ) as session:
        message = BackMsg()
        message.rerun_script.page_name = page
        message.rerun_script.query_string = urlencode(query)
        session.send(message.SerializeToString())
        _read_until_drawn(session, page)
    return time.perf_counter() - began


def _read_until_drawn(session: ClientConnection, page: str) -> None:
    while True:
        message = ForwardMsg.FromString(session.recv(timeout=60))  # type: ignore[arg-type]
        if message.delta.new_element.HasField("exception"):
            raise RuntimeError(f"/{page}: {message.delta.new_element.exception.message}")
        if message.HasField("script_finished"):
            return


@contextmanager
def people(port: int, count: int, queries: list[dict[str, str]]) -> Iterator[list[float]]:
    """So many people go from page to page while the body runs; the seconds of each of theirs."""
    is_over, seconds = threading.Event(), list[float]()

    def look_around(nth: int) -> None:
        chance = random.Random(nth)
        is_over.wait(chance.uniform(0, LOOKING_SECONDS))
        while not is_over.is_set():
            seconds.append(visit(port, chance.choice(PAGES), chance.choice(queries)))
            is_over.wait(LOOKING_SECONDS)

    crowd = [threading.Thread(target=look_around, args=(nth,)) for nth in range(count)]
    for person in crowd:
        person.start()
    try:
        yield seconds
    finally:
        is_over.set()
        for person in crowd:
            person.join()
