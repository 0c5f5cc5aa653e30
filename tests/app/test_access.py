"""Who may do what: the role rule, the file that says it, and a dashboard that closes in doubt."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from app.importing import ALLOWED, ImportRefused, land, stage
from app.sign_in import REQUIRED, Access, Role, SignInMisconfigured, read_sign_in
from tests.app.conftest import OpenApp, spoken
from tests.conftest import run_inkledger
from tests.manual.blocks import PROJECT, read_blocks

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ACCESS = Access(
    viewer_emails=["vera@example.com", "both@example.com"],
    viewer_groups=["readers"],
    editor_emails=["Edda@Example.com", "both@example.com"],
    editor_groups=["accounting"],
    hours=2,
)
SIGNED_IN = {"is_logged_in": True, "iat": NOW.timestamp() - 60}
CONFIRMED = {**SIGNED_IN, "email_verified": True}
WRITTEN = """
[auth]
redirect_uri = "https://costs.example.com/oauth2callback"
cookie_secret = "0123456789abcdef0123456789abcdef"
client_id = "inkledger"
client_secret = "hush-hush"
server_metadata_url = "https://login.example.com/.well-known/openid-configuration"

[access]
viewer_groups = ["readers"]
"""
DOCUMENTED = PROJECT / "docs" / "dashboard.md"
LOCKED = "Nobody can sign in"


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({**CONFIRMED, "email": "vera@example.com"}, Role.VIEWER),
        ({**CONFIRMED, "email": "VERA@example.COM"}, Role.VIEWER),
        ({**CONFIRMED, "email": "edda@example.com"}, Role.EDITOR),
        ({**CONFIRMED, "email": "both@example.com"}, Role.EDITOR),
        ({**SIGNED_IN, "groups": ["all", "readers"]}, Role.VIEWER),
        ({**SIGNED_IN, "groups": "readers"}, Role.VIEWER),
        ({**SIGNED_IN, "groups": ["readers", "accounting"]}, Role.EDITOR),
        ({**CONFIRMED, "email": "vera@example.com", "groups": ["accounting"]}, Role.EDITOR),
        # Nobody:
        ({}, None),
        (SIGNED_IN, None),
        (CONFIRMED, None),
        ({**CONFIRMED, "email": "vera@example.com.evil.example"}, None),
        ({**CONFIRMED, "email": ""}, None),
        ({**CONFIRMED, "email": {"vera@example.com": 1}}, None),
        ({**SIGNED_IN, "email": "vera@example.com"}, None),
        ({**SIGNED_IN, "email": "vera@example.com", "email_verified": False}, None),
        ({**SIGNED_IN, "email": "vera@example.com", "email_verified": "false"}, None),
        ({**SIGNED_IN, "email": "vera@example.com", "email_verified": 1}, None),
        ({**SIGNED_IN, "groups": ["Readers"]}, None),
        ({**SIGNED_IN, "groups": "readers accounting"}, None),
        ({**SIGNED_IN, "groups": [["readers"], {"readers": 1}, None]}, None),
        ({**SIGNED_IN, "groups": {"readers": True}}, None),
        ({**SIGNED_IN, "roles": ["accounting"]}, None),
        ({"iat": SIGNED_IN["iat"], "groups": ["accounting"]}, None),
        ({**SIGNED_IN, "is_logged_in": "true", "groups": ["accounting"]}, None),
        ({"is_logged_in": True, "groups": ["accounting"]}, None),
        ({**SIGNED_IN, "iat": str(SIGNED_IN["iat"]), "groups": ["accounting"]}, None),
        ({**SIGNED_IN, "iat": NOW.timestamp() - 7200, "groups": ["accounting"]}, None),
        ({**SIGNED_IN, "iat": NOW.timestamp() - 7199, "groups": ["accounting"]}, Role.EDITOR),
    ],
)
def test_a_role_takes_a_listed_group_or_a_confirmed_address(
    claims: dict[str, Any], role: Role | None
) -> None:
    assert ACCESS.role_of(claims, NOW) is role


def test_groups_are_read_from_the_claim_that_the_file_names() -> None:
    access = Access(editor_groups=["accounting"], groups_claim="roles")
    assert access.role_of({**SIGNED_IN, "roles": ["accounting"]}, NOW) is Role.EDITOR
    assert access.role_of({**SIGNED_IN, "groups": ["accounting"]}, NOW) is None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('"https://costs.example.com/oauth2callback"', "", "it is not TOML"),
        ('client_secret = "hush-hush"', "", "missing required field `client_secret`"),
        ('client_secret = "hush-hush"', 'client_secret = ""', "length >= 1"),
        ("0123456789abcdef0123456789abcdef", "too short", "length >= 32"),
        ("client_id", "client-id", "unknown field `client-id`"),
        ("[access]", 'expose_tokens = "id"\n[access]', "unknown field `expose_tokens`"),
        ("viewer_groups", "viewer_group", "unknown field `viewer_group`"),
        ('["readers"]', '"readers"', "Expected `array`, got `str`"),
        ('["readers"]', "[]", "names nobody"),
        ('[access]\nviewer_groups = ["readers"]', "", "missing required field `access`"),
        ("https://costs", "http://costs", "`auth.redirect_uri` must be"),
        ("/oauth2callback", "/callback", "`auth.redirect_uri` must be"),
        ("https://costs.example.com", "https://eve@costs.example.com", "`auth.redirect_uri` must"),
        ("https://login", "http://login", "`auth.server_metadata_url` must be"),
        ("[access]", "[access]\nhours = 0", "> 0"),
    ],
)
def test_a_file_that_cannot_be_used_lets_nobody_in_and_repeats_no_secret(
    tmp_path: Path, before: str, after: str, said: str
) -> None:
    assert before in WRITTEN
    (tmp_path / "secrets.toml").write_text(WRITTEN.replace(before, after))
    with pytest.raises(SignInMisconfigured, match=said) as raised:
        read_sign_in(tmp_path)
    assert "hush-hush" not in str(raised.value)


def test_the_file_as_documented_is_read(tmp_path: Path) -> None:
    assert read_sign_in(tmp_path) is None
    [written] = [b.text for b in read_blocks(DOCUMENTED) if b.title == "secrets.toml"]
    (tmp_path / "secrets.toml").write_text(written)
    sign_in = read_sign_in(tmp_path)
    assert sign_in is not None
    assert (sign_in.origin, sign_in.host) == ("https://costs.example.com", "costs.example.com")
    assert sign_in.access.viewer_groups == ["publishing"]


@pytest.mark.parametrize(
    ("arguments", "written", "said"),
    [
        (["--address", "0.0.0.0"], None, "anybody could read every cost"),
        ([], WRITTEN.replace("[access]", "[acess]"), "does not say how people sign in"),
    ],
)
def test_serve_refuses_in_one_sentence(
    tmp_path: Path, arguments: list[str], written: str | None, said: str
) -> None:
    if written:
        (tmp_path / "secrets.toml").write_text(written)
    finished = run_inkledger(tmp_path, "serve", "--port", "8507", *arguments)
    assert (finished.returncode, finished.stdout) == (2, "")
    assert said in finished.stderr
    assert finished.stderr.count("\n") == 1


def test_a_dashboard_with_a_sign_in_shows_a_stranger_the_door(
    open_app: OpenApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secrets.toml").write_text(WRITTEN)
    app = open_app(tmp_path)
    assert spoken(app) == "Sign in to see the ledger"
    assert [button.label for button in app.button] == ["Sign in"]
    (tmp_path / "secrets.toml").write_text(WRITTEN.replace("[access]", ""))
    assert LOCKED in spoken(open_app(tmp_path))
    (tmp_path / "secrets.toml").unlink()
    monkeypatch.setenv(REQUIRED, "1")
    assert LOCKED in spoken(open_app(tmp_path))
    monkeypatch.setenv(REQUIRED, "")
    assert "Nothing built yet" in spoken(open_app(tmp_path))


def test_what_writes_asks_for_an_editor_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ALLOWED, "1")
    monkeypatch.setenv("INKLEDGER_HOME", str(tmp_path))
    (tmp_path / "secrets.toml").write_text(WRITTEN)
    for write in (land, stage):
        with pytest.raises(ImportRefused, match="Only an editor may import"):
            write("calls.csv", b"")
