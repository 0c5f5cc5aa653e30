"""An OpenID provider on loopback, and a dashboard that signs people in there."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
import stamina
from itsdangerous import URLSafeTimedSerializer
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

COOKIE_SECRET = "this signs the cookies of people who have signed in"
PEOPLE: dict[str, dict[str, Any]] = {
    "vera": {"email": "Vera@example.com", "email_verified": True},
    "edda": {"email": "edda@example.com", "email_verified": False, "groups": ["ledger", "all"]},
    "nora": {"email": "nora@example.com", "email_verified": True, "groups": ["all"]},
}
ACCESS = """
[access]
viewer_emails = ["vera@example.com"]
editor_emails = ["edda@example.com"]
editor_groups = ["ledger"]
"""


class Provider(NamedTuple):
    """Knows `PEOPLE`, asks for no password, and trusts clients that have registered."""

    address: str
    process: "subprocess.Popen[bytes]"

    def register(self, redirect_uri: str) -> dict[str, str]:
        """Id and secret of a client."""
        body = {
            "redirect_uris": [redirect_uri],
            "token_endpoint_auth_method": "client_secret_basic",
        }
        answer = httpx.post(f"{self.address}/oauth2/clients", json=body).raise_for_status().json()
        return {name: answer[name] for name in ("client_id", "client_secret")}


class Served(NamedTuple):
    """What `inkledger serve --allow-import` serves to those who sign in."""

    address: str
    secrets: list[str]
    """What must be seen nowhere."""
    log: Path

    def cookies(self, *, secret: str = COOKIE_SECRET, **changed: Any) -> dict[str, str]:
        """What the browser of vera has after signing in, but for what is changed."""
        claims = {
            "origin": self.address, "is_logged_in": True, "provider": "default",
            "iat": int(time.time()) - 60, "sub": "vera", **PEOPLE["vera"], **changed,
        }  # fmt: skip
        signer = URLSafeTimedSerializer(secret, salt="_streamlit_user")
        return {"_streamlit_user": str(signer.dumps(json.dumps(claims)))}

    def delivered(self, cookies: dict[str, str]) -> str:
        """All that the server sends over the WebSocket to whoever opens the first page."""
        token = httpx.get(f"{self.address}/_stcore/health").cookies["_streamlit_xsrf"]
        sent = "; ".join(f"{k}={v}" for k, v in {"_streamlit_xsrf": token, **cookies}.items())
        heard = []
        with connect(
            f"{self.address.replace('http', 'ws', 1)}/_stcore/stream",
            origin=Origin(self.address),
            subprotocols=[Subprotocol("streamlit"), Subprotocol(token)],
            additional_headers={"Cookie": sent},
            max_size=None,
            proxy=None,
        ) as stream:
            stream.send(BackMsg(rerun_script=ClientState()).SerializeToString())
            while True:
                frame = stream.recv(timeout=60)
                assert isinstance(frame, bytes)
                heard.append(frame.decode("utf-8", "replace"))
                if ForwardMsg.FromString(frame).WhichOneof("type") == "script_finished":
                    return "\n".join(heard)


@contextmanager
def running_provider() -> Iterator[Provider]:
    port = free_port()
    people = [json.dumps({"sub": sub, **claims}) for sub, claims in PEOPLE.items()]
    options = [word for person in people for word in ("--user-claims", person)]
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", str(port),
         "--require-registration", "true", "--require-nonce", "true", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        provider = Provider(f"http://127.0.0.1:{port}", process)
        _wait_for(f"{provider.address}/.well-known/openid-configuration", process)
        yield provider
    finally:
        process.terminate()
        process.wait()


@contextmanager
def serving(folder: Path, ledger: Path, provider: Provider, **instead: str) -> Iterator[Served]:
    """The dashboard with the ledger of one home and a `secrets.toml`, but for what is `instead`."""
    address = f"http://127.0.0.1:{free_port()}"
    auth = {
        "redirect_uri": f"{address}/oauth2callback",
        "cookie_secret": COOKIE_SECRET,
        "server_metadata_url": f"{provider.address}/.well-known/openid-configuration",
        **provider.register(f"{address}/oauth2callback"),
        **instead,
    }
    home = folder / "home"
    home.mkdir()
    for entry in ledger.iterdir():
        (home / entry.name).symlink_to(entry)
    lines = [f"{name} = {json.dumps(value)}" for name, value in auth.items()]
    (home / "secrets.toml").write_text("\n".join(["[auth]", *lines, ACCESS]))
    log = folder / "log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "ingest.command", "serve", "--allow-import", "--port",
             address.rpartition(":")[2]],
            env={**os.environ, "INKLEDGER_HOME": str(home)},
            stdout=said,
            stderr=said,
        )  # fmt: skip
        try:
            _wait_for(f"{address}/_stcore/health", process)
            yield Served(address, [auth["client_secret"], COOKIE_SECRET], log)
        finally:
            process.terminate()
            process.wait()
    with pytest.raises(httpx.TransportError):
        httpx.get(address)  # The server has ended with the command that started it.


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    for attempt in stamina.retry_context(
        on=httpx.TransportError, attempts=None, timeout=60, wait_initial=0.1, wait_jitter=0
    ):
        with attempt:
            assert process.poll() is None, "the server ended before it answered"
            httpx.get(address, timeout=5)
