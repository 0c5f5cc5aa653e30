"""Stands before Streamlit: who may speak to the server at all, and what browsers are told.

Pages refuse strangers by themselves (`app.access`). What Streamlit serves beside them (files to
download, uploads) it gives to whoever knows the address: here that takes a role, too.
"""

import base64
import hashlib
import json
import re
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

import streamlit
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from streamlit.auth_util import get_cookie_with_chunks
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from app.sign_in import FAILED, SignIn, SignInMisconfigured, sign_in_now

_OF_MEMBERS = ("/media/", "/_stcore/upload_file")
_LOGIN, _CALLBACK = "/auth/login", "/oauth2callback"
_RETURN = "inkledger_return"
_RETURN_SECONDS = 600
_INDEX = Path(streamlit.__file__).parent / "static" / "index.html"


def _hash_of_inline_script() -> str:
    script = re.search(r"<script>(.*?)</script>", _INDEX.read_text("utf-8"), re.DOTALL)
    digest = hashlib.sha256(script[1].encode() if script else b"").digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            f"script-src 'self' {_hash_of_inline_script()}",
            "style-src 'self' 'unsafe-inline'",  # Emotion writes the styles of every component.
            "font-src 'self' data:",
            "img-src 'self' data: blob:",
            "connect-src 'self'",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """Middleware around the whole server, which began with `sign_in`."""

    def __init__(
        self, app: ASGIApp, *, home: Path, hosts: frozenset[str], sign_in: SignIn | None
    ) -> None:
        self._app, self._home, self._hosts, self._sign_in = app, home, hosts, sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
        elif refusal := self._refusal(scope["type"], scope["path"], Headers(scope=scope)):
            if scope["type"] == "websocket":
                await WebSocketClose(1008, refusal)(scope, receive, send)
                return
            await PlainTextResponse(refusal, 403, HEADERS)(scope, receive, send)
        else:
            await self._app(scope, receive, self._telling(scope, send))

    def _refusal(self, kind: str, path: str, headers: Headers) -> str | None:
        """Why the request goes no further, in one sentence."""
        host = headers.get("host", "")
        if _hostname(host) not in self._hosts:
            return "This server does not answer by that name."
        if kind == "websocket" and not self._is_own(headers.get("origin"), host):
            return "Pages of other sites may not speak to this server."
        if path.startswith(_OF_MEMBERS) and not self._has_role(headers):
            return "Sign in first."
        return None

    def _has_role(self, headers: Headers) -> bool:
        try:
            sign_in = sign_in_now(self._home)
        except SignInMisconfigured:
            return False
        return sign_in is None or bool(sign_in.role_now(_claims(sign_in, headers)))

    def _is_own(self, origin: str | None, host: str) -> bool:
        own = {f"http://{host}", f"https://{host}"}
        return origin in (own | {self._sign_in.origin} if self._sign_in else own)

    def _telling(self, scope: Scope, send: Send) -> Send:
        """`send` that adds our headers to those of Streamlit."""

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if scope["path"].startswith(_OF_MEMBERS):
                    headers["Cache-Control"] = "private, no-store"
                self._lead_back(scope, message, headers)
                if self._sign_in and self._sign_in.origin.startswith("https:"):
                    _secure(headers)
            await send(message)

        return send_with_headers

    def _lead_back(
        self, scope: Scope, message: MutableMapping[str, Any], headers: MutableHeaders
    ) -> None:
        """After signing in, to the page from which one came: Streamlit would lead to the first."""
        asked = Headers(scope=scope)
        if scope["path"] == _LOGIN:
            if message["status"] == 400:  # The provider cannot be reached.
                message["status"] = 302
                headers["Location"] = f"/?{FAILED}"
            came_from = quote(_own_page(asked.get("referer"), asked.get("host", "")), safe="")
            headers.append("Set-Cookie", _return_cookie(came_from, _RETURN_SECONDS))
        elif scope["path"] == _CALLBACK and b"state=" in scope["query_string"]:
            kept = unquote(cookie_parser(asked.get("cookie", "")).get(_RETURN, ""))
            is_in = any(
                value.startswith(f"{USER_COOKIE_NAME}=") and "Max-Age=0" not in value
                for value in headers.getlist("set-cookie")
            )
            headers["Location"] = _own_path(kept) if is_in else f"/?{FAILED}"
            headers.append("Set-Cookie", _return_cookie("", 0))


def _claims(sign_in: SignIn, headers: Headers) -> dict[str, Any]:
    """What the cookie of Streamlit's sign-in says, if its signature is ours."""
    cookies = cookie_parser(headers.get("cookie", ""))

    def decode(name: str) -> bytes | None:
        return decode_signed_value(sign_in.auth.cookie_secret, name, cookies.get(name, ""))

    found = json.loads(get_cookie_with_chunks(decode, USER_COOKIE_NAME) or b"{}")
    return found if found.get("origin") == sign_in.origin else {}


def _hostname(host: str) -> str:
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _own_page(address: str | None, host: str) -> str:
    """Path and query of a page of ours; of no other."""
    try:
        parts = urlsplit(address or "")
    except ValueError:
        return "/"
    return f"{parts.path}?{parts.query}" if parts.netloc == host else "/"


def _return_cookie(value: str, seconds: int) -> str:
    return f"{_RETURN}={value}; Path={_CALLBACK}; Max-Age={seconds}; HttpOnly; SameSite=Lax"


def _secure(headers: MutableHeaders) -> None:
    """Cookies of an https address travel by https alone; Streamlit does not say so."""
    cookies = headers.getlist("set-cookie")
    del headers["set-cookie"]
    for cookie in cookies:
        headers.append(
            "set-cookie", cookie if "; secure" in cookie.lower() else f"{cookie}; Secure"
        )


def _own_path(kept: str) -> str:
    """A path that stays on this server, whatever the cookie says."""
    return kept if re.fullmatch(r"/(?![/\\])[\x21-\x7e]*", kept) else "/"
