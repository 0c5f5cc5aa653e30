"""A process killed in the middle of a call leaves the call in the ledger, in doubt."""

import subprocess
import sys
from pathlib import Path
from socket import socket

from ingest.seal import seal
from ingest.settings import Home
from tests.landed import landed_call
from tests.recording.raw_server import HEAD, Script, http_chunk, raw_server, silence
from tests.wire import bodies

CALLER = """
import sys
from ingest import OpenRouter, Recorder, attribute, production_run
home, base_url = sys.argv[1:]
recorder = Recorder(home, base_url=base_url)
with OpenRouter("sk-or-v1-test", base_url=base_url, recorder=recorder) as client:
    with production_run(ebook_id="forest"), attribute(stage="outline"):
        stream = client.chat(model="a/b", messages=[], stream=True)
        for text in stream:
            print(text, flush=True)
"""


def speak_then_stall(connection: socket) -> None:
    connection.sendall(HEAD + http_chunk(b"".join(bodies.TEXT_CHUNKS)))
    silence(connection)


def kill_in_mid_call(home: Path, script: Script) -> None:
    spool = home / "spool"
    with raw_server(script) as url:
        caller = subprocess.Popen(
            [sys.executable, "-c", CALLER, str(home), url], stdout=subprocess.PIPE, text=True
        )
        with caller:
            assert caller.stdout is not None
            if script is speak_then_stall:
                assert caller.stdout.readline().strip()
            assert seal(Home(home)).sealed_count == 0
            caller.kill()
    assert len(list(spool.glob("*.jsonl"))) == 1


def test_killed_while_it_reads_a_stream_it_keeps_its_generation(home: Path) -> None:
    kill_in_mid_call(home, speak_then_stall)
    seal(Home(home))
    row = landed_call(home)
    assert (row["status"], row["generation_id"]) == ("in_doubt", "gen-1-cut")
    assert (row["ebook_id"], row["stage"]) == ("forest", "outline")
    assert (row["finished_at"], row["reported_cost_usd"]) == (None, None)


def test_killed_before_any_answer_it_is_in_doubt_all_the_same(home: Path) -> None:
    asked = []

    def note_and_stall(connection: socket) -> None:
        asked.append(connection)
        silence(connection)

    with raw_server(note_and_stall) as url:
        caller = subprocess.Popen([sys.executable, "-c", CALLER, str(home), url])
        with caller:
            while not asked:
                assert caller.poll() is None
            caller.kill()
    row = landed_call(home)
    assert (row["status"], row["http_status"]) == ("in_doubt", None)
