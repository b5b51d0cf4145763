"""The guard against the rules it has to keep, written plainly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.rust_core import RequestGuard

Headers = list[tuple[bytes, bytes]]

LOOPBACK = ("localhost", "127.0.0.1", "::1")
OWN = ("proxy.local", "Other-1.internal")


def plain_name(host: bytes) -> str | None:
    """The name in ``name``, ``name:port`` or ``[v6]:port``; None if it is none of these."""
    text = host.decode("latin-1").lower()
    if text.startswith("["):
        name, bracket, rest = text[1:].partition("]")
        return name if bracket and (not rest or (rest[0] == ":" and is_number(rest[1:]))) else None
    name, colon, port = text.partition(":")
    return name if not colon or is_number(port) else None


def is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def plain_verdict(headers: Headers) -> str | None:
    def values(wanted: bytes) -> list[bytes]:
        return [value for name, value in headers if name == wanted]

    def is_own(host: bytes) -> bool:
        return plain_name(host) in {*LOOPBACK, *(name.lower() for name in OWN)}

    def is_own_origin(origin: bytes) -> bool:
        scheme, _, host = origin.partition(b"://")
        return scheme in (b"http", b"https") and is_own(host)

    if values(b"transfer-encoding") and values(b"content-length"):
        return "two_framings"
    if len(values(b"host")) != 1 or not is_own(values(b"host")[0]):
        return "foreign_host"
    if any(site not in (b"none", b"same-origin") for site in values(b"sec-fetch-site")):
        return "cross_site"
    return None if all(map(is_own_origin, values(b"origin"))) else "foreign_origin"


names = st.sampled_from([*LOOPBACK, *OWN, "LocalHost", "PROXY.LOCAL", "evil", "xlocalhost", "localhostx", "", "é"])
hosts = st.one_of(
    st.builds(
        "{}{}{}{}".format,
        st.sampled_from(["", "", "["]),
        names,
        st.sampled_from(["", "", "]"]),
        st.sampled_from(["", ":1", ":", ":x", ":1:2", ":²", "x"]),
    ),
    st.text(st.characters(codec="latin-1"), max_size=12),
).map(lambda text: text.encode("latin-1"))
origins = st.one_of(st.tuples(st.sampled_from([b"http://", b"https://", b"HTTP://", b"file://", b"//", b""]), hosts).map(b"".join), hosts)
fields = st.one_of(
    st.tuples(st.just(b"host"), hosts),
    st.tuples(st.just(b"origin"), origins),
    st.tuples(st.just(b"sec-fetch-site"), st.sampled_from([b"none", b"same-origin", b"same-site", b"cross-site", b"None", b""])),
    st.tuples(st.sampled_from([b"content-length", b"transfer-encoding", b"x-host", b""]), st.just(b"1")),
)


@given(st.lists(fields, max_size=4), st.sampled_from([[], [(b"host", b"localhost")]]))
def test_a_request_is_taken_where_the_plain_rules_take_it(headers: Headers, more: Headers) -> None:
    assert RequestGuard(OWN).check(headers + more) == plain_verdict(headers + more)


@given(st.binary(max_size=30))
def test_whatever_stands_in_a_host_a_name_is_read_only_where_it_is_the_whole(host: bytes) -> None:
    name = plain_name(host)
    if name and name.isascii():
        assert RequestGuard([name]).check([(b"host", host)]) is None
    assert RequestGuard().check([(b"host", host)]) == (None if name in LOOPBACK else "foreign_host")


@pytest.mark.parametrize(
    ("name", "own", "foreign", "verdict"),
    [(b"sec-fetch-site", b"none", b"cross-site", "cross_site"), (b"origin", b"http://localhost", b"null", "foreign_origin")],
)
def test_one_foreign_value_is_enough_wherever_it_stands(name: bytes, own: bytes, foreign: bytes, verdict: str) -> None:
    host = (b"host", b"localhost")
    assert RequestGuard().check([host, (name, own), (name, own)]) is None
    for values in ((own, foreign), (foreign, own)):
        assert RequestGuard().check([host, *((name, value) for value in values)]) == verdict


@pytest.mark.parametrize("wrong", ["localhost", [1], None])
def test_names_are_a_sequence_of_text(wrong: object) -> None:
    with pytest.raises(TypeError):
        RequestGuard(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", ["host", [b"host"], [("host", "localhost")], [(b"host",)], None])
def test_headers_are_a_sequence_of_pairs(wrong: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        RequestGuard().check(wrong)  # type: ignore[arg-type]
