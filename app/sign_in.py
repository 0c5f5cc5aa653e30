"""How people sign in, and what they may do then: `secrets.toml` in the home says it.

    SignInMisconfigured    the file cannot be used: nobody is let in until it is mended

Without the file nobody signs in, and the dashboard answers on this machine alone.
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import msgspec

FILE = "secrets.toml"
REQUIRED = "INKLEDGER_SIGN_IN"
"""Set by a server that began with a sign-in: if it loses the file it closes, and does not open."""
FAILED = "sign-in-failed"
"""In the address when the provider did not vouch for anybody."""
LOOPBACK = ("127.0.0.1", "localhost")
_CALLBACK = "/oauth2callback"
_Word = Annotated[str, msgspec.Meta(min_length=1)]


class SignInMisconfigured(Exception):
    """One sentence: what is wrong with the file and what to do. It repeats nothing from it."""


class Role(StrEnum):
    """What somebody may do. An editor may also do what a viewer may."""

    VIEWER = "viewer"
    EDITOR = "editor"


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[auth]`: the part that Streamlit reads, too. `expose_tokens` is not of it."""

    redirect_uri: _Word
    cookie_secret: Annotated[str, msgspec.Meta(min_length=32)]
    client_id: _Word
    client_secret: _Word
    server_metadata_url: _Word
    client_kwargs: dict[str, Any] = {}


class Access(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[access]`: who is what, by confirmed e-mail address or by group."""

    viewer_emails: list[_Word] = []
    viewer_groups: list[_Word] = []
    editor_emails: list[_Word] = []
    editor_groups: list[_Word] = []
    groups_claim: _Word = "groups"
    hours: Annotated[float, msgspec.Meta(gt=0, le=720)] = 12.0
    """How long after signing in somebody has to do it again."""

    def role_of(self, claims: Mapping[str, Any], now: datetime) -> Role | None:
        """The role of whom a provider has vouched for, in the claims of an ID token, not long ago.

        An e-mail address counts only when the provider says that it is its owner's.
        """
        if not self.is_signed_in(claims, now):
            return None
        is_confirmed = claims.get("email_verified") is True
        emails = {one.casefold() for one in _as_set(claims.get("email")) if is_confirmed}
        groups = _as_set(claims.get(self.groups_claim))
        for role, of_emails, of_groups in (
            (Role.EDITOR, self.editor_emails, self.editor_groups),
            (Role.VIEWER, self.viewer_emails, self.viewer_groups),
        ):
            if emails & {entry.casefold() for entry in of_emails} or groups & set(of_groups):
                return role
        return None

    def is_signed_in(self, claims: Mapping[str, Any], now: datetime) -> bool:
        """Whether a provider has vouched for somebody, and not too long ago."""
        issued = claims.get("iat")
        if claims.get("is_logged_in") is not True or not isinstance(issued, int | float):
            return False
        return now.timestamp() - issued < timedelta(hours=self.hours).total_seconds()


class SignIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file."""

    auth: Provider
    access: Access

    @property
    def origin(self) -> str:
        """Where people find the dashboard: scheme, host and port, as browsers write them."""
        parts = urlsplit(self.auth.redirect_uri)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def host(self) -> str:
        return urlsplit(self.auth.redirect_uri).hostname or ""

    def is_signed_in_now(self, claims: Mapping[str, Any]) -> bool:
        return self.access.is_signed_in(claims, datetime.now(UTC))

    def role_now(self, claims: Mapping[str, Any]) -> Role | None:
        return self.access.role_of(claims, datetime.now(UTC))


def read_sign_in(home: Path) -> SignIn | None:
    """What the file in the home says; None if there is none. Raises `SignInMisconfigured`."""
    path = home / FILE
    try:
        if not path.exists():
            return None
        sign_in = msgspec.convert(tomllib.loads(path.read_text("utf-8")), SignIn)
    except OSError as error:
        raise _misconfigured(path, str(error.strerror)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise _misconfigured(path, "it is not TOML") from None
    except msgspec.ValidationError as error:
        raise _misconfigured(path, str(error)) from None
    if trouble := _trouble(sign_in):
        raise _misconfigured(path, trouble)
    return sign_in


def sign_in_now(home: Path) -> SignIn | None:
    """The same while a server runs, which must not lose what it began with."""
    sign_in = read_sign_in(home)
    if sign_in is None and os.environ.get(REQUIRED):
        raise SignInMisconfigured(f"{home / FILE} has gone: put it back.")
    return sign_in


def _trouble(sign_in: SignIn) -> str | None:
    auth, access = sign_in.auth, sign_in.access
    if not (_is_safe(auth.redirect_uri) and urlsplit(auth.redirect_uri).path == _CALLBACK):
        return f"`auth.redirect_uri` must be https://…{_CALLBACK}, or http:// on this machine"
    if not _is_safe(auth.server_metadata_url):
        return "`auth.server_metadata_url` must be https://…, or http:// on this machine"
    if not any(
        (access.viewer_emails, access.viewer_groups, access.editor_emails, access.editor_groups)
    ):
        return "`access` names nobody, neither by `viewer_…` nor by `editor_…`"
    if not find_spec("authlib"):
        return "signing in needs Authlib: install `inkledger[app]`"
    return None


def _is_safe(address: str) -> bool:
    try:
        parts = urlsplit(address)
        is_bare = not (parts.query or parts.fragment or parts.username) and bool(parts.hostname)
        return is_bare and (
            parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)
        )
    except ValueError:
        return False


def _as_set(value: object) -> set[str]:
    """A claim of one text or of several."""
    values = value if isinstance(value, list) else [value]
    return {entry for entry in values if isinstance(entry, str)}


def _misconfigured(path: Path, trouble: str) -> SignInMisconfigured:
    return SignInMisconfigured(
        f"{path} does not say how people sign in: {trouble}. Mend it as docs/dashboard.md shows, "
        "or take the file away to serve this machine alone."
    )
