"""Signing in at a real OpenID provider: who sees what, and that no secret goes astray."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from itsdangerous import URLSafeTimedSerializer
from joserfc import jwt
from joserfc.jwk import OctKey
from playwright.sync_api import Browser, Page, WebSocket, expect

from tests.browser.members import (
    COOKIE_SECRET,
    Provider,
    Served,
    free_port,
    running_provider,
    serving,
)
from tests.conftest import run_inkledger

HOURS_13 = 13 * 3600


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def served(
    tmp_path_factory: pytest.TempPathFactory, demo_home: Path, provider: Provider
) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("served"), demo_home, provider) as served:
        yield served


@pytest.fixture(scope="module")
def confidential(demo_home: Path) -> list[str]:
    """What no stranger may learn: titles of ebooks, numbers, names of pages."""
    told = run_inkledger(demo_home, "report", "ebooks", "--format", "json").stdout
    return ["Reconciliation", "USD", *(row["title"] for row in json.loads(told) if row["title"])]


def test_a_viewer_reads_an_editor_imports_and_nobody_else_sees_anything(
    served: Served, browser: Browser, confidential: list[str], screenshots: Path
) -> None:
    visit = Visit(browser, served.address)
    visit.page.goto(f"{served.address}/costs?tz=Asia%2FKolkata&kind=coloring+book")
    expect(visit.page.get_by_role("heading")).to_have_text("Sign in to see the ledger")
    visit.page.screenshot(path=screenshots / "sign-in.png")
    assert [word for word in confidential if word in visit.heard()] == []

    visit.sign_in("vera")
    expect(visit.page.locator("h1")).to_have_text("Costs")
    expect(visit.page.get_by_text("Only kind coloring book.")).to_be_visible()
    assert "tz=Asia%2FKolkata" in visit.page.url
    expect(visit.page.locator("svg.marks").last).to_be_visible()
    assert [word for word in confidential if word not in visit.heard()] == []
    visit.page.goto(f"{served.address}/reconciliation")
    expect(visit.page.get_by_text("Only an editor may import.")).to_be_visible()
    expect(visit.page.get_by_test_id("stFileUploader")).to_have_count(0)

    visit.sign_out()
    visit.page.goto(f"{served.address}/reconciliation")
    visit.sign_in("edda")
    expect(visit.page.get_by_test_id("stFileUploader")).to_be_visible()
    visit.page.screenshot(path=screenshots / "editor.png")
    visit.open_account()
    expect(visit.page.get_by_text("edda@example.com, editor")).to_be_visible()
    visit.page.keyboard.press("Escape")
    said = visit.everything() + served.log.read_text()
    assert not [secret for secret in (*served.secrets, *visit.tokens()) if secret in said]
    visit.sign_out()

    stranger = Visit(browser, served.address)
    stranger.page.goto(served.address)
    stranger.sign_in("nora")
    expect(stranger.page.get_by_role("heading")).to_have_text("You may not see this ledger")
    expect(stranger.page.get_by_text("You are signed in as nora@example.com")).to_be_visible()
    assert [word for word in confidential if word in stranger.heard()] == []
    stranger.page.get_by_role("button", name="Sign out").click()
    expect(stranger.page.get_by_role("heading", name="End Session")).to_be_visible()
    assert visit.troubles == stranger.troubles == []


def test_only_a_cookie_that_the_server_signed_lately_lets_in(
    served: Served, confidential: list[str]
) -> None:
    def is_let_in(cookies: dict[str, str]) -> bool:
        heard = served.delivered(cookies)
        return any(word in heard for word in confidential)

    good = served.cookies()
    middle = len(good["_streamlit_user"]) // 2
    assert is_let_in(good)
    refused = {
        "none": {},
        "signed by another": served.cookies(secret="another secret, just as long as the right one"),
        "tampered": {k: v[:middle] + "A" + v[middle + 1 :] for k, v in good.items()},
        "without a signature": {k: v.partition(".")[0] for k, v in good.items()},
        "of another site": served.cookies(origin="https://costs.example.com"),
        "expired": served.cookies(iat=time.time() - HOURS_13),
        "undated": served.cookies(iat=None),
        "of an address that is not confirmed": served.cookies(email_verified=False),
        "of nobody we know": served.cookies(email="mallory@example.com"),
    }
    assert [why for why, cookies in refused.items() if is_let_in(cookies)] == []
    for why, cookies in refused.items():
        for path in ("/media/x.csv", "/_stcore/upload_file/x/y"):
            assert httpx.get(served.address + path, cookies=cookies).status_code == 403, why
    assert httpx.get(f"{served.address}/media/x.csv", cookies=good).status_code == 404


def test_a_page_of_another_site_cannot_speak_to_the_dashboard(served: Served) -> None:
    def knock(origin: str | None, host: str) -> int:
        asked = {
            "Host": host, "Connection": "Upgrade", "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        }  # fmt: skip
        headers = asked | ({"Origin": origin} if origin else {})
        return httpx.get(f"{served.address}/_stcore/stream", headers=headers).status_code

    host = served.address.partition("//")[2]
    assert knock(served.address, host) == 101
    assert knock("https://elsewhere.example.com", host) == 403
    assert knock(f"http://localhost:{free_port()}", host) == 403
    assert knock("null", host) == 403
    assert knock(None, host) == 403
    rebound = f"rebound.example.com:{host.rpartition(':')[2]}"
    assert knock(f"http://{rebound}", rebound) == 403
    assert httpx.get(served.address, headers={"Host": rebound}).status_code == 403


def test_browsers_are_told_to_load_nothing_from_elsewhere(served: Served) -> None:
    page = httpx.get(served.address).headers
    policy = page["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r"unsafe-eval|script-src[^;]*unsafe-inline|\*|https?:", policy)
    assert page["x-content-type-options"] == "nosniff"
    assert page["x-frame-options"] == "DENY"
    assert page["referrer-policy"] == "same-origin"
    media = httpx.get(f"{served.address}/media/x.csv", cookies=served.cookies()).headers
    assert media["cache-control"] == "private, no-store"


def test_a_failing_provider_is_told_in_words_and_no_secret_is(
    tmp_path: Path, demo_home: Path
) -> None:
    wrong = "a client secret that the provider does not know"
    with running_provider() as provider, serving(
        tmp_path, demo_home, provider, client_secret=wrong
    ) as served:  # fmt: skip
        token = jwt.encode(
            {"alg": "HS256"},
            {"provider": "default", "exp": int(time.time()) + 60},
            OctKey.import_key(COOKIE_SECRET),
        )
        with httpx.Client(base_url=served.address) as client:
            begun = client.get("/auth/login", params={"provider": token})
            back = httpx.post(begun.headers["location"], data={"sub": "vera"})
            refused = client.get(back.headers["location"])
            provider.process.terminate()
            provider.process.wait()
            unreachable = client.get("/auth/login", params={"provider": token})
        assert refused.headers["location"] == "/?sign-in-failed"
        assert unreachable.headers["location"] == "/?sign-in-failed"
        log = served.log.read_text()
        assert "invalid_client" in log
        code = httpx.URL(back.headers["location"]).params["code"]
        for answer in (begun, refused, unreachable):
            log += f"{answer.text}{answer.headers}"
        assert not [secret for secret in (*served.secrets, code) if secret in log]


class Visit:
    """Somebody's browser, and all that the dashboard has sent to it."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.troubles: list[str] = []
        self._heard: list[str] = []
        self.page: Page = browser.new_context().new_page()
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))

    def sign_in(self, name: str) -> None:
        self.page.get_by_role("button", name="Sign in").click()
        self.page.get_by_role("button", name=name).click()

    def open_account(self) -> None:
        account = self.page.get_by_role("button", name="Account")
        expect(account).to_have_count(1)  # While a page is drawn anew, the old one is there, too.
        account.click()

    def sign_out(self) -> None:
        self.open_account()
        self.page.get_by_role("button", name="Sign out").click()
        self.page.locator("form button").first.click()
        expect(self.page.get_by_role("heading")).to_have_text("Sign in to see the ledger")

    def heard(self) -> str:
        """What came over the WebSocket."""
        return "\n".join(self._heard)

    def tokens(self) -> list[str]:
        """What the provider has given, which the browser holds where pages cannot see it."""
        cookies = {one.get("name"): one for one in self.page.context.cookies()}
        kept = cookies["_streamlit_user_tokens"]
        assert kept.get("httpOnly")
        signer = URLSafeTimedSerializer(COOKIE_SECRET, salt="_streamlit_user_tokens")
        tokens = json.loads(signer.loads(kept.get("value", "")))
        return [tokens["id_token"], tokens["access_token"]]

    def everything(self) -> str:
        """That, and what the page has become."""
        return f"{self.heard()}\n{self.page.content()}"

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framereceived", self._hear)

    def _hear(self, frame: bytes | str) -> None:
        self._heard.append(frame.decode("utf-8", "replace") if isinstance(frame, bytes) else frame)
