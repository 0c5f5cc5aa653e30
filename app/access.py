"""Who is asking, and what they may do: the router lets in by it, and what writes asks it."""

from collections.abc import Callable
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from app.home import published_warehouse
from app.sign_in import FAILED, Role, SignIn, SignInMisconfigured, sign_in_now

_LOOK_SECONDS = 30


def role_now() -> Role | None:
    """What whoever asks may do; everything, where no sign-in is configured.

    Read anew each time, so that a name taken out of the file is out. Raises `SignInMisconfigured`.
    """
    sign_in = _sign_in()
    return sign_in.role_now(st.user.to_dict()) if sign_in else Role.EDITOR


def may_write() -> bool:
    """Whether whoever asks may change something."""
    try:
        return role_now() is Role.EDITOR
    except SignInMisconfigured:
        return False


def turn_away_strangers(pages: list[StreamlitPage]) -> None:
    """End the run here, with a way to sign in, unless whoever asks may look.

    `pages` are those of the dashboard: a stranger is shown none, and loses no address.
    """
    try:
        sign_in, role = _sign_in(), role_now()
    except SignInMisconfigured:
        _run_instead(pages, _say_misconfigured)
    if role is None:
        is_known = sign_in and sign_in.is_signed_in_now(st.user.to_dict())
        _run_instead(pages, _refuse if is_known else _ask_to_sign_in)
    if sign_in:
        _leave_when_it_ends(role)


def draw_account(key: str = "account") -> None:
    """Who is signed in, and the way out; nothing, where nobody needs to sign in."""
    if _sign_in():
        with st.popover("Account", icon=":material/person:", key=key):
            st.text(f"{_name()}, {role_now()}")
            _sign_out_button()


def _sign_in() -> SignIn | None:
    return sign_in_now(published_warehouse().parent)


def _run_instead(pages: list[StreamlitPage], draw: Callable[[], None]) -> NoReturn:
    stand_ins = [
        st.Page(draw, title="inkledger", url_path=page.url_path, default=not page.url_path)
        for page in pages
    ]
    st.navigation(stand_ins, position="hidden").run()
    st.stop()


def _ask_to_sign_in() -> None:
    with st.container(key="door"):
        st.header("Sign in to see the ledger", anchor=False)
        if FAILED in st.query_params:
            st.warning(
                "That did not work: the provider did not say who you are. Try again, or ask "
                "whoever runs this dashboard; its log says why.",
                icon=":material/lock:",
            )
        st.button("Sign in", icon=":material/login:", on_click=st.login)


def _refuse() -> None:
    with st.container(key="door"):
        st.header("You may not see this ledger", anchor=False)
        st.text(
            f"You are signed in as {_name()}, who is neither viewer nor editor here: ask whoever "
            "runs this dashboard, or sign in as somebody else."
        )
        _sign_out_button()


def _say_misconfigured() -> None:
    with st.container(key="door"):
        st.header("Nobody can sign in", anchor=False)
        st.error(
            "The file that says who may sign in cannot be used: `inkledger serve` says why.",
            icon=":material/error:",
        )


def _sign_out_button() -> None:
    st.button("Sign out", icon=":material/logout:", on_click=st.logout)


def _name() -> str:
    return str(st.user.get("email") or st.user.get("name") or st.user.get("sub") or "somebody")


@st.fragment(run_every=_LOOK_SECONDS)
def _leave_when_it_ends(role: Role) -> None:
    try:
        if role_now() is role:
            return
    except SignInMisconfigured:
        pass
    st.rerun()
