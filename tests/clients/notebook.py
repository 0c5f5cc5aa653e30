"""A notebook's kernel that calls OpenRouter, interrupted and restarted as Jupyter does it.

Run by test_servers_and_notebooks.py in the environment that has Jupyter. Prints as JSON how many
files the kernel had open before and after a cell was run fifty times.
"""

import json
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jupyter_client import KernelManager  # type: ignore[import-not-found]  # not in .venv
from jupyter_client.blocking.client import BlockingKernelClient  # type: ignore[import-not-found]

CELL = """
import os, httpx
from ingest import Recorder

recorder = Recorder()
http = httpx.Client(
    base_url=os.environ["OPENROUTER_BASE_URL"],
    transport=recorder.transport(),
    headers={"Authorization": "Bearer " + os.environ["OPENROUTER_API_KEY"]},
    timeout=30,
)
def call(fault=""):
    messages = [{"role": "user", "content": "a fox " + os.urandom(4).hex()}]
    model = "openai/gpt-5-nano" + fault
    return http.post("/chat/completions", json={"model": model, "messages": messages}).json()
print(call()["id"])
"""
STALLED = 'call("#fault=stall")'
OPEN_FILES = 'import os; print("files", len(os.listdir("/proc/self/fd")))'
SPOOL = Path(os.environ["INKLEDGER_HOME"]) / "spool"
RERUNS = 50


def run(client: BlockingKernelClient, cell: str) -> str:
    """What the cell prints. Raises if it raises."""
    printed: list[str] = []

    def hear(message: dict[str, object]) -> None:
        content = message["content"]
        if isinstance(content, dict) and message["msg_type"] == "stream":
            printed.append(str(content["text"]))

    reply = client.execute_interactive(cell, output_hook=hear, timeout=60)
    if reply["content"]["status"] != "ok":
        raise RuntimeError(f"{reply['content']}")
    return "".join(printed)


def open_file_count(client: BlockingKernelClient) -> int:
    return int(run(client, OPEN_FILES).partition("files ")[2])


def begin_stalled_call(client: BlockingKernelClient) -> None:
    """Begin a call, and go on once its headers have been written down."""
    before = headers_written()
    client.execute(STALLED, stop_on_error=False)  # It fails, and the next cell is to run.
    deadline = time.monotonic() + 30
    while headers_written() == before:
        if time.monotonic() > deadline:
            raise TimeoutError("the call never came to its headers")
        time.sleep(0.05)


def headers_written() -> int:
    return sum(path.read_text().count('"http_status":200') for path in SPOOL.glob("*.jsonl"))


@contextmanager
def kernel() -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager = KernelManager()
    manager.start_kernel(extra_arguments=["--HistoryManager.enabled=False"])
    client = manager.blocking_client()
    client.start_channels()
    client.wait_for_ready(timeout=60)
    try:
        yield manager, client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


with kernel() as (manager, client):
    run(client, CELL)
    begin_stalled_call(client)
    manager.interrupt_kernel()
    client.get_shell_msg(timeout=30)
    run(client, "call()")
    for is_at_once in (True, False):
        begin_stalled_call(client)
        manager.restart_kernel(now=is_at_once)
        client.wait_for_ready(timeout=60)
        run(client, CELL)
    before = open_file_count(client)
    for _ in range(RERUNS):
        run(client, CELL)
    sys.stdout.write(json.dumps([before, open_file_count(client)]))
