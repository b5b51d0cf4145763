import pytest
from hypothesis import given
from hypothesis import strategies as st

from pyproxy.sessions import response_key, session_id, session_key
from pyproxy.sessions.identity import LONGEST_ID

UUID = b"0199a213-81c0-7800-8aa1-bbab2a035a53"
CALLERS = st.none() | st.text(max_size=8)


def headers(**named: bytes) -> tuple[tuple[bytes, bytes], ...]:
    return tuple((name.replace("__", "-").encode(), value) for name, value in named.items())


def test_the_sidecars_own_header_names_the_session() -> None:
    assert session_id(headers(x__pyproxy__session=b"talk 7")) == b"talk 7"


@pytest.mark.parametrize("name", [b"x-claude-code-session-id", b"session-id", b"session_id", b"conversation_id"])
def test_known_clients_name_their_sessions(name: bytes) -> None:
    assert session_id([(b"accept", b"*/*"), (name, UUID)]) == UUID


def test_the_sidecars_own_header_goes_before_those_of_clients() -> None:
    assert session_id(headers(session_id=UUID, x__claude__code__session__id=b"c", x__pyproxy__session=b"own")) == b"own"
    assert session_id(headers(session_id=UUID, x__claude__code__session__id=b"c")) == b"c"


@pytest.mark.parametrize("value", [b"default", b"1", UUID + b"0", UUID.replace(b"-", b"")])
def test_a_common_header_name_counts_only_with_a_uuid(value: bytes) -> None:
    assert session_id([(b"session-id", value)]) is None


def test_without_a_header_there_is_no_session() -> None:
    assert session_id([]) is None
    assert session_id([(b"x-pyproxy-session", b""), (b"x-pyproxy-node", b"a")]) is None


def test_of_two_headers_with_one_name_the_first_counts() -> None:
    assert session_id([(b"x-pyproxy-session", b"a"), (b"x-pyproxy-session", b"b")]) == b"a"


def test_an_id_has_a_greatest_length_and_a_longer_one_is_none() -> None:
    assert session_id([(b"x-pyproxy-session", b"a" * LONGEST_ID)]) == b"a" * LONGEST_ID
    assert session_id([(b"x-pyproxy-session", b"a" * (LONGEST_ID + 1))]) is None
    assert session_id([(b"x-pyproxy-session", b"a" * (LONGEST_ID + 1)), (b"session-id", UUID)]) == UUID


@given(CALLERS, CALLERS, st.binary(max_size=8), st.binary(max_size=8))
def test_only_the_same_id_of_the_same_caller_has_the_same_key(one: str | None, other: str | None, first: bytes, second: bytes) -> None:
    assert (session_key(one, first) == session_key(other, second)) == ((one, first) == (other, second))


def test_a_caller_and_an_id_do_not_run_into_each_other() -> None:
    keys = {session_key(caller, name) for caller, name in [("a", b"b:c"), ("a:b", b"c"), ("", b"a:b:c"), (None, b"a:b:c"), ("-", b"")]}
    assert len(keys) == 5


def test_a_key_tells_nothing_and_has_a_fixed_length() -> None:
    for name in (b"", b"secret", b"\xff" * 500, "Привет".encode()):
        key = session_key("me", name)
        assert len(key) == 32
        assert int(key, 16) >= 0


def test_a_response_is_no_session_of_the_same_name() -> None:
    assert response_key("me", "r") != session_key("me", b"r")
    assert response_key(None, "\ud800")
