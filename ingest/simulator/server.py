"""Runs a simulator on loopback: until Ctrl-C, or for as long as a `with` block lasts."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any, Final

import uvicorn

from ingest.errors import UsageError
from ingest.simulator.app import BASE_PATH, build_app
from ingest.simulator.state import Simulator, SimulatorConfig

_HOST: Final = "127.0.0.1"


@dataclass(frozen=True)
class RunningSimulator:
    """A simulator that listens. `base_url` is what a client takes for OpenRouter's."""

    base_url: str
    simulator: Simulator

    def bill(self) -> dict[str, Any]:
        """The true bill until now, in the shape of `GET /simulator/bill`."""
        return self.simulator.bill.as_json()


def serve(
    port: int, seed: int, faults: str, latency_seconds: float, announce: Callable[[str], None]
) -> None:
    """Serve until Ctrl-C, which is raised. `announce` gets the base URL once one can connect.

    Port 0 picks a free one. Raises `UsageError` for a port that is taken or faults unknown.
    """
    config = SimulatorConfig(seed=seed, faults=faults, latency_seconds=latency_seconds)
    with closing(_listen(port)) as listener:
        announce(_base_url(listener))
        _server(Simulator(config)).run(sockets=[listener])


@contextmanager
def running_simulator(
    seed: int = 7,
    faults: str = "none",
    latency_seconds: float = 0.0,
    **options: Any,
) -> Iterator[RunningSimulator]:
    """A simulator in a thread of its own; it ends with the block, stalled replies or not.

    `options` are the other fields of `SimulatorConfig`.
    """
    simulator = Simulator(
        SimulatorConfig(seed=seed, faults=faults, latency_seconds=latency_seconds, **options)
    )
    with closing(_listen(0)) as listener:
        server = _server(simulator)
        thread = threading.Thread(target=server.run, args=([listener],), name="openrouter")
        thread.start()
        try:
            yield RunningSimulator(_base_url(listener), simulator)
        finally:
            server.should_exit = True
            thread.join()


def _listen(port: int) -> socket.socket:
    # With the protocol named, asyncio switches Nagle's delay off: 40 ms for each reply.
    listener = socket.socket(proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except (OSError, OverflowError) as error:
        listener.close()
        raise UsageError(f"Port {port} cannot be used ({error}); choose another one.") from error
    listener.listen(1024)
    return listener


def _base_url(listener: socket.socket) -> str:
    return f"http://{_HOST}:{listener.getsockname()[1]}{BASE_PATH}"


def _server(simulator: Simulator) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            build_app(simulator),
            http="h11",
            lifespan="off",
            access_log=False,
            # A reply that is cut on purpose is an error to uvicorn, and none to us.
            log_level="critical",
            timeout_graceful_shutdown=0,
        )
    )
