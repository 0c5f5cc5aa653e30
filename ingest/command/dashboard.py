"""Runs the dashboard as a process of its own, and says where once it answers."""

import errno
import os
import signal
import socket
import subprocess
import sys

import click
import httpx
import stamina

from ingest.command.extras import require
from ingest.errors import InkledgerError, UsageError
from ingest.project import PROJECT
from ingest.settings import Home

ADDRESS = "127.0.0.1"
PREFERRED_PORT = 8501
WRONG_USE = 2
PATIENCE_SECONDS = 5


def serve_dashboard(
    home: Home, port: int | None = None, *, address: str = ADDRESS, allow_import: bool = False
) -> None:
    """Serve until interrupted. Without `port`, 8501 or else one that is free.

    `allow_import` lets its pages run `inkledger import activity`; else they write nothing.

    Raises `UsageError` for a port that is taken, and for what must not be served so.
    """
    signal.signal(signal.SIGTERM, _leave)  # Else the server would outlive this command.
    require("streamlit")
    port = _free_port(address, port)
    url = f"http://{_reached_at(address)}:{port}"
    server = subprocess.Popen(
        [sys.executable, "-m", "app.server", "--address", address, "--port", str(port)],
        cwd=PROJECT,
        env={
            **os.environ,
            "INKLEDGER_HOME": str(home.root),
            "INKLEDGER_ALLOW_IMPORT": "1" if allow_import else "",
        },
        # Its greeting names an address before it answers there; errors come on stderr.
        stdout=subprocess.DEVNULL,
    )
    try:
        _wait_until_it_answers(url, server)
        click.echo(f"Dashboard: {url}  costs: {url}/costs  (Ctrl-C ends it)")
        server.wait()
    except KeyboardInterrupt:
        click.echo("Dashboard stopped.", err=True)
    finally:
        _end(server)


def _leave(number: int, _: object) -> None:
    raise SystemExit(128 + number)


def _end(server: "subprocess.Popen[bytes]") -> None:
    """A client that does not take its leave must not keep the server running."""
    server.terminate()
    try:
        server.wait(PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def _free_port(address: str, wanted: int | None) -> int:
    for candidate in (wanted,) if wanted else (PREFERRED_PORT, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((address, candidate))
            except OSError as error:
                if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                    raise UsageError(
                        f"Cannot listen on {address}: {error.strerror}. --address takes an "
                        "IPv4 address of this machine."
                    ) from None
                continue
            return int(probe.getsockname()[1])
    raise UsageError(f"Port {wanted} is taken: choose another with --port.")


def _reached_at(address: str) -> str:
    """Where this machine finds what listens on the address."""
    return ADDRESS if address == "0.0.0.0" else address  # noqa: S104 - it is compared


def _wait_until_it_answers(url: str, server: "subprocess.Popen[bytes]") -> None:
    for attempt in stamina.retry_context(
        on=httpx.TransportError, attempts=None, timeout=60, wait_initial=0.1, wait_jitter=0
    ):
        with attempt:
            if server.poll() == WRONG_USE:
                raise SystemExit(WRONG_USE)  # It has said why, in one sentence.
            if server.poll() is not None:
                raise InkledgerError("The dashboard did not start; what it said stands above.")
            httpx.get(f"{url}/_stcore/health", timeout=2)
