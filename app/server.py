"""The dashboard's server: `python -m app.server` in the project's root; `inkledger serve` runs it.

Ends at once with exit code 2 and one sentence when it must not serve as it is asked to.
"""

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from starlette.middleware import Middleware
from streamlit.starlette import App

import app.charts
import app.warehouse  # noqa: F401
from app.guard import Guard
from app.home import published_warehouse
from app.sign_in import FILE, LOOPBACK, REQUIRED, SignInMisconfigured, read_sign_in

# Pages need it, and whoever came first at once with another would find it half loaded.
import_module("pandas")

PAGES = Path(__file__).with_name("main.py")


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="app.server", description=__doc__)
    parser.add_argument("--address", default=LOOPBACK[0])
    parser.add_argument("--port", type=int, default=8501)
    asked = parser.parse_args()
    home = published_warehouse().parent
    try:
        sign_in = read_sign_in(home)
    except SignInMisconfigured as misconfigured:
        _refuse(str(misconfigured))
    if sign_in is None and asked.address not in LOOPBACK:
        _refuse(
            f"On {asked.address} anybody could read every cost: say in {home / FILE} who may sign "
            "in, as docs/dashboard.md shows, or leave --address away."
        )
    os.environ[REQUIRED] = "1" if sign_in else ""
    hosts = frozenset({*LOOPBACK, asked.address, *([sign_in.host] if sign_in else [])})
    guard = Middleware(Guard, home=home, hosts=hosts, sign_in=sign_in)
    with suppress(KeyboardInterrupt):  # Ctrl-C reaches every process of the terminal.
        App(PAGES, middleware=[guard]).run(
            config={
                "server.address": asked.address,
                "server.port": asked.port,
                "server.headless": True,
                # What nobody may switch off by an environment variable or a file of their own.
                "server.enableCORS": True,
                "server.enableXsrfProtection": True,
                "server.enableAgentApi": False,
                "server.trustedUserHeaders": "{}",
                "secrets.files": [str(home / FILE)] if sign_in else [],
                # Rich would write what went wrong to stdout, which nobody reads.
                "logger.enableRich": False,
                # Why signing in failed is a warning; without sign-in they are noise.
                "logger.level": "warning" if sign_in else "error",
            }
        )


def _refuse(sentence: str) -> NoReturn:
    print(f"inkledger: {sentence}", file=sys.stderr)  # noqa: T201 - this is the command's word
    raise SystemExit(2)


if __name__ == "__main__":
    main()
