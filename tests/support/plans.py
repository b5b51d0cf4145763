"""Plans of what a client does on one connection, and of what the providers do to it: any request, any fault, any leaving."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from hypothesis import strategies as st
from support.api_clients import CLIENTS
from support.spelling import spelled

from pyproxy.providers.mock import Behaviour

if TYPE_CHECKING:
    from random import Random

__all__ = ["PROVIDERS", "TARGETS", "Leaving", "Plan", "Sent", "config", "plans"]

How: TypeAlias = Literal["FIN", "RST", "half"]

PROVIDERS = {"openai": "gpt-4o", "anthropic": "claude-sonnet-4-5", "gemini": "gemini-2.5-flash"}
"""A model that each mock knows to be its own kind's."""
SECOND = {dialect: f"{model}-second" for dialect, model in PROVIDERS.items()}
TARGETS = [*[f"g-{dialect}" for dialect in PROVIDERS] * 4, *["mixed", "held", "planner", "openai"] * 2, "nobody"]
TEXT = "one two three é 漢 six"


@dataclass(frozen=True)
class Sent:
    """A request as it stands on the wire.

    Attributes:
        data: its bytes.
        method: its method.
        name: what is odd about it, if anything is.
        quiet: whether no record tells of it: it is a probe.
    """

    data: bytes
    method: str = "POST"
    name: str = ""
    quiet: bool = False

    @property
    def is_old(self) -> bool:
        """Whether it is HTTP/1.0, where one answer is all."""
        return b" HTTP/1.0\r\n" in self.data

    @property
    def is_last(self) -> bool:
        """Whether what is sent behind it may be lost, and with it the answer."""
        return self.is_old or b"Connection: close" in self.data or len(self.data) > 8192


@dataclass(frozen=True)
class Leaving:
    """How and when a client leaves before it has what it asked for.

    Attributes:
        how: with a FIN, with an RST, or with a FIN after which it listens on.
        when: within the request, after `at` bytes; when the provider was asked; when the answer has begun; or after `at` bytes of that,
            wherever things stand then.
        at: how many bytes.
    """

    how: How
    when: Literal["asking", "asked", "answered", "whenever"]
    at: int = 0


@dataclass(frozen=True)
class Plan:
    """What is played.

    Attributes:
        requests: the requests, one after the other.
        behaviours: what each model of the providers does, call after call.
        pipelined: whether the requests are sent without waiting for answers.
        pieces: of how many bytes the client's packets are; none for one packet.
        leaving: how the client leaves in its last request, if it does.
    """

    requests: tuple[Sent, ...]
    behaviours: dict[str, tuple[Behaviour, ...]] = field(default_factory=dict)
    pipelined: bool = False
    pieces: int | None = None
    leaving: Leaving | None = None


def config(root: str) -> dict[str, Any]:
    """The configuration that all plans are played over, for providers at one address."""
    models = {
        name: {"provider": dialect, "model": model, "concurrency_limit": 5, "rpm_limit": 100_000, "tpm_limit": 10_000_000}
        for dialect in PROVIDERS
        for name, model in ((dialect, PROVIDERS[dialect]), (f"{dialect}-2", SECOND[dialect]))
    }
    common = {
        "concurrency_limit": 10,
        "timeouts": {"connect": 5, "first_byte": 20, "idle": 20, "total": 25},
        "fallback_config": {"retry_delay": 0.0, "retry_after_wait": 0.0, "max_attempts": 3},
    }
    own = {
        dialect: {
            "e1": {"models": [dialect], "max_retries": 1, "concurrency_limit": 8},
            "e2": {"models": [f"{dialect}-2"], "max_retries": 0},
            **common,
        }
        for dialect in PROVIDERS
    }
    mixed = {f"e{place}": {"models": [name], "max_retries": 0} for place, name in enumerate(("anthropic", "gemini", "openai-2"))}
    alone = {"e1": {"models": ["openai"], "max_retries": 0, "temperature": 0.5}, **common}
    return {
        "server": {"max_body_bytes": 8192},
        "alerts": {"fallback_rate": 1},
        "providers": {
            dialect: {"dialect": dialect, "base_url": root + ("/v1" if dialect == "openai" else ""), "api_key": f"sk-{dialect}"}
            for dialect in PROVIDERS
        },
        "models": models,
        "task_groups": {
            **{f"g-{dialect}": group for dialect, group in own.items()},
            "mixed": {**mixed, **common},
            "held": {**own["openai"], "stream_guarantee": "complete"},
            "hasty": {**alone, "timeouts": {"connect": 5, "first_byte": 0.4, "idle": 0.4, "total": 25}},
        },
        "nodes": {"planner": {"llm_group": "g-openai", "system_prompt": "You plan.", "concurrency_limit": 3}},
    }


# --- what the providers do --------------------------------------------------------------------------------------------

_AFTER = st.integers(0, 4)
_RETRY_AFTER = st.sampled_from([None, None, "0.01", "1000", "1e12", "-1", "soon", "Fri, 01 Jan 2100 00:00:00 GMT"])
_HEADERS = st.sampled_from(
    [
        {},
        {},
        {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1000s"},
        {"set-cookie": "a=b", "server": "mock", "x-amz-id": "1", "openai-processing-ms": "5"},
        {"cache-control": "private", "content-type": "text/event-stream; charset=utf-8"},
    ]
)


def _broken(fault: str) -> st.SearchStrategy[Behaviour]:
    build = lambda after, mid, split: Behaviour(text=TEXT, mid_event=mid, split=split, **{fault: after})  # noqa: E731
    return st.builds(build, _AFTER, st.booleans(), st.sampled_from([0, 0, 7]))


GOOD = st.builds(
    lambda shape, headers: Behaviour(**{"text": TEXT, "lenient": True, "headers": headers, **shape}),
    st.sampled_from(
        [
            {},
            {},
            {"split": 1},
            {"split": 5},
            {"crlf": True},
            {"comments_before": 2, "comment_every": 2},
            {"include_role_chunk": False},
            {"chunks": 0},
            {"chunks": 60},
            {"omit_done": True},
            {"finish": "length"},
        ]
    ),
    _HEADERS,
)
FAULTY = st.one_of(
    st.builds(
        lambda status, retry_after, code: Behaviour(status=status, retry_after=retry_after, error_code=code),
        st.sampled_from([400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529]),
        _RETRY_AFTER,
        st.sampled_from([None, None, "insufficient_quota", "context_length_exceeded", "model_not_found", "content_filter"]),
    ),
    st.builds(Behaviour, body=st.sampled_from([b"{}", b"", b"nonsense", b'{"error": {"message": "no", "type": "server_error"}}', b"[1]"])),
    st.sampled_from([Behaviour(reset_before_head=True), Behaviour(close_before_head=True), Behaviour(status=204), Behaviour(status=302)]),
    *map(_broken, ("cut_after", "reset_after", "finish_early_after", "error_after", "malformed_after")),
)
SILENT = st.one_of(
    st.just(Behaviour(text=TEXT, stall_before_head=True)),
    st.builds(lambda after, mid: Behaviour(text=TEXT, stall_after=after, mid_event=mid), st.integers(1, 4), st.booleans()),
)


@st.composite
def behaviours(draw: st.DrawFn) -> dict[str, tuple[Behaviour, ...]]:
    """What each model does; most are well."""
    names = [*PROVIDERS.values(), *SECOND.values()]
    any_of_them = st.integers(0, 2).flatmap(lambda kind: FAULTY if kind == 2 else GOOD)
    return {name: tuple(draw(st.lists(any_of_them, min_size=1, max_size=3))) for name in names}


# --- what the client sends --------------------------------------------------------------------------------------------

HEADERS = [
    b"X-Custom: a",
    b"X-Custom: b",
    b"X-Latin: caf\xe9",
    b"X-Empty:",
    b"X-Tab:\t a\t b ",
    b"Cookie: c=1",
    b"OpenAI-Beta: x=1",
    b"anthropic-version: 2023-06-01",
    b"Authorization: Bearer sk-of-the-client",
    b"X-Request-Id: mine-1",
    b"X-Request-Id: two words",
    b"X-Pyproxy-Priority: high",
    b"X-Pyproxy-Timeout: 30",
    b"X-Pyproxy-Fallback-Groups: g-gemini",
    b"X-Pyproxy-Node: planner",
    b"Connection: keep-alive, X-Custom",
    b"Connection: close",
    b"Connection: Upgrade",
    b"Keep-Alive: 300",
    b"TE: trailers",
    b"Accept-Encoding: gzip",
    b"Content-Encoding: gzip",
    b"Expect: 100-continue",
    b"User-Agent: \xfcber/1",
]
REFUSED = [
    b"X-Pyproxy-Priority: odd",
    b"X-Pyproxy-Timeout: nonsense",
    b"X-Pyproxy-Fallback-Groups: g-nobody",
    b"Origin: https://elsewhere.example",
    b"Sec-Fetch-Site: cross-site",
]
MEDIA = [b"application/json"] * 18 + [b"Application/JSON; charset=utf-8", b"text/plain", b""]
QUERIES = [*[""] * 8, "beta=1", "a=%20&key=sk-of-the-client&b=%zz", "'()*!~"]


@dataclass(frozen=True)
class _Body:
    """A body as it is framed."""

    headers: tuple[bytes, ...]
    data: bytes


def _framed(body: bytes, chunk: int | None, form: str) -> _Body:
    if chunk is None:
        return _Body((b"Content-Length: %d" % len(body),), body)
    extension = b";name=value" if form == "extensions" else b""
    pieces = [body[at : at + chunk] for at in range(0, len(body), chunk)]
    data = b"".join(b"%X%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    trailer = b"X-Trailer: t\r\n" if form == "trailer" else b""
    return _Body((b"Transfer-Encoding: chunked",), data + b"0\r\n" + trailer + b"\r\n")


def _written(method: str, target: str, headers: list[bytes], body: bytes = b"", *, version: str = "1.1") -> bytes:
    first = f"{method} {target} HTTP/{version}".encode("latin-1")
    return b"\r\n".join([first, b"Host: localhost", *headers, b"", b""]) + body


@st.composite
def asks(draw: st.DrawFn, *, target: str | None = None, stream: bool | None = None, tool: bool | None = None) -> Sent:
    """A request for an answer of a model, as strange as a client may make it."""
    client = CLIENTS[draw(st.sampled_from(list(CLIENTS)))]
    target = draw(st.sampled_from(TARGETS)) if target is None else target
    stream = draw(st.booleans()) if stream is None else stream
    tool = draw(st.booleans()) if tool is None else tool
    body = client.body(target, draw(st.sampled_from(["Hello", "né 漢 \U0001f600", "a" * 3000])), stream, tool)
    body |= draw(st.dictionaries(st.sampled_from(["x", "user", "é"]), st.sampled_from([1, "v"]), max_size=2))
    random: Random = draw(st.randoms())
    text = draw(st.sampled_from([spelled(body, random)] * 20 + ["", "{", "[]", '{"model": 5}', spelled(body, random) + " {}"]))
    framed = _framed(
        text.encode(), draw(st.sampled_from([None, None, None, 1000, 7])), draw(st.sampled_from(["", "extensions", "trailer"]))
    )
    own = [b"Content-Type: " + draw(st.sampled_from(MEDIA)), *framed.headers]
    own += draw(st.lists(st.sampled_from(HEADERS), max_size=3, unique=True)) + draw(
        st.sampled_from([[]] * 12 + [[each] for each in REFUSED])
    )
    headers = draw(st.permutations(own))
    path, query = client.path(target, stream), draw(st.sampled_from(QUERIES))
    path += ("&" if "?" in path else "?") + query if query else ""
    version = "1.1" if b"Transfer-Encoding: chunked" in framed.headers else draw(st.sampled_from(["1.1"] * 9 + ["1.0"]))
    return Sent(_written("POST", path, headers, framed.data, version=version), name="HTTP/1.0" if version == "1.0" else "")


LOCAL = [
    Sent(_written(method, path, []), method, quiet=(method, path) == ("GET", "/livez"))
    for method, path in (
        ("GET", "/v1/models"),
        ("HEAD", "/v1/models"),
        ("GET", "/v1/models/openai"),
        ("GET", "/v1/models/no%20body%2F"),
        ("GET", "/livez"),
        ("HEAD", "/livez"),
        ("OPTIONS", "/v1/chat/completions"),
        ("DELETE", "/v1/responses"),
        ("GET", "/nothing/%C3%A9?x"),
        ("GET", "/admin/v1/status"),
        ("GET", "/api/hello"),
        ("PURGE", "/livez"),
    )
] + [
    Sent(_written("GET", "http://localhost/livez", []), "GET", "absolute form", quiet=True),
    Sent(_written("GET", "/livez", [b"Content-Length: 2"], b"{}"), "GET", "a GET with a body", quiet=True),
    Sent(
        _written("POST", "/v1/chat/completions", [b"Content-Type: application/json", b"Content-Length: 9000"], b" " * 9000),
        name="too large",
    ),
    Sent(_written("POST", "/nothing", [b"Content-Length: 9000"], b" " * 9000), name="for nobody"),
]


def plans() -> st.SearchStrategy[Plan]:
    """Any of them."""
    kinds = [*[_complete()] * 6, *[_silent()] * 2, _half_said()]
    return st.integers(0, len(kinds) - 1).flatmap(lambda kind: kinds[kind])


@st.composite
def _complete(draw: st.DrawFn) -> Plan:
    """Requests that all have their answers; one leaves whenever it likes."""
    requests = draw(
        st.lists(st.integers(0, 9).flatmap(lambda kind: st.sampled_from(LOCAL) if kind == 9 else asks()), min_size=1, max_size=3)
    )
    whenever = st.builds(Leaving, st.sampled_from(["FIN", "RST", "half"]), st.just("whenever"), st.integers(0, 3000))
    leaving = draw(st.one_of(st.none(), st.none(), st.none(), whenever))
    # Who asks whether to go on and does not wait for the word may lose a refusal: hyper closes where it has not said it, with bytes unread.
    waits = any(b"Expect: " in sent.data for sent in requests)
    pieces = draw(st.sampled_from([None] if waits else [None, None, None, 100, 7]))
    pipelined = draw(st.booleans()) and not any(sent.is_last for sent in requests[:-1])
    return Plan(tuple(requests), draw(behaviours()), pipelined, pieces, leaving)


@st.composite
def _silent(draw: st.DrawFn) -> Plan:
    """A provider that falls silent, and a client that leaves, or has to be told."""
    told = draw(st.booleans()) and draw(st.booleans())
    silent = draw(SILENT)
    ask = draw(
        asks(target="hasty" if told else draw(st.sampled_from(["g-openai", "g-anthropic", "g-gemini", "mixed"])), stream=True, tool=False)
    )
    before = draw(st.lists(st.sampled_from(LOCAL), max_size=1))
    how: How = draw(st.sampled_from(["FIN", "RST", "half"]))
    leaving = None if told else Leaving(how, "asked" if silent.stall_before_head else "answered")
    playing: dict[str, tuple[Behaviour, ...]] = dict.fromkeys((*PROVIDERS.values(), *SECOND.values()), (silent,))
    return Plan((*before, ask), playing, leaving=leaving)


@st.composite
def _half_said(draw: st.DrawFn) -> Plan:
    """A client that leaves before it has said all."""
    ask = draw(asks())
    before = draw(st.lists(st.sampled_from(LOCAL), max_size=1))
    how: How = draw(st.sampled_from(["FIN", "RST", "half"]))
    return Plan((*before, ask), draw(behaviours()), leaving=Leaving(how, "asking", draw(st.integers(0, len(ask.data) - 1))))
