"""The dashboard's server as `inkledger serve` starts it, and the questions that its pages ask."""

import logging
import os
import signal
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import streamlit as st
from streamlit.testing.v1 import AppTest

from app.warehouse import Warehouse
from bench.process import resident_mb
from ingest.settings import Home

MAIN = Path(__file__).parents[1] / "app" / "main.py"
COMMAND = str(Path(sys.executable).with_name("inkledger"))
ASKED_AGAIN = 5
Asked = tuple[str, dict[str, Any]]
"""A question's SQL and its parameters."""


class Dashboard:
    """A server that runs."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self._pid = port, pid

    def memory_mb(self) -> float:
        """What it and its children hold now."""
        return resident_mb(self._pid)


@contextmanager
def served(home: Home) -> Iterator[Dashboard]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    server = subprocess.Popen(
        [COMMAND, "serve", "--port", str(port)],
        env={**os.environ, "INKLEDGER_HOME": str(home.root)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        server.stdout.readline()
        yield Dashboard(port, server.pid)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait()


def asked(home: Home, page: str, query: dict[str, str]) -> list[Asked]:
    """Every question that a page asks, in their order."""
    found: list[Asked] = []
    fetch = Warehouse.fetch

    def noted(warehouse: Warehouse, sql: str, parameters: dict[str, Any]) -> Any:
        found.append((sql, parameters))
        return fetch(warehouse, sql, parameters)

    os.environ["INKLEDGER_HOME"] = str(home.root)
    logging.getLogger("streamlit.runtime").setLevel(logging.ERROR)
    with patch.object(Warehouse, "fetch", noted):
        app = AppTest.from_file(MAIN, default_timeout=60)
        app.query_params.update(query)
        if page:
            app.run().switch_page(f"screens/{page}.py")
            app.query_params.update(query)
        st.cache_data.clear()
        found.clear()
        app.run()
    return found


def bare_seconds(home: Home, questions: list[Asked]) -> float:
    """What the engine takes for them, one after the other, on a connection that is open."""
    if not questions:
        return 0.0
    warehouse = Warehouse(home.warehouse)
    sums = []
    for _ in range(ASKED_AGAIN):
        began = time.perf_counter()
        for sql, parameters in questions:
            warehouse.fetch(sql, parameters)
        sums.append(time.perf_counter() - began)
    return statistics.median(sums)
