"""What the mock does with one request: a frozen value, so that a script can be shared and repeated."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Final, Literal, TypeAlias

Fault: TypeAlias = Literal["cut", "reset", "stall", "finish_early", "error", "malformed"]
Prefill: TypeAlias = Literal["ignore", "continue", "refuse"]
Cutoff: TypeAlias = Literal["length", "content_filter"]

_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """One answer of the mock, with the faults it plays; the default is a prompt and correct answer.

    Faults named `*_after` happen once that many content chunks of a stream are sent: 0 is after the head and the role chunk, and a
    number beyond the stream's end means after its last content chunk. If several are given the smallest number is played. In an answer
    that is not a stream, `cut_after`, `reset_after` and `stall_after` happen after half the body; the other three leave it alone.

    Attributes:
        status: HTTP status of the answer, 200 to 599. From 400 on the body is an error. Default 200.
        latency: Seconds before the head, or before the fault that takes its place. Default 0.
        head_pause: Seconds between the head and the body's first byte. Default 0.
        text: Text of the reply. Default: a sentence with the model's name and the first words of the last user message.
        chunks: Number of content chunks in a stream, where one token is one word. A shorter text repeats its words until they suffice
            (also when the answer is not a stream); a longer one has its words grouped. Default: a chunk per word.
        pace: Seconds between chunks of a stream. Default 0.
        retry_after: Value of the `retry-after` header, verbatim (`"1"`, `"1e12"`, `"-1"`, an HTTP date). Default: no such header.
        headers: More response headers; one that the mock also sends replaces it. Default: none.
        error: Type, code and message of the error body; `None` in a place keeps what the status brings. Default: as the status says.
        error_code: Code of the error body. Known ones bring their type and message: `insufficient_quota`, `context_length_exceeded`,
            `model_not_found`, `content_filter`, …. Default: as the status says.
        body: Body sent verbatim as JSON at any status, in place of an answer, a stream or an error. Default: none.
        reset_before_head: RST in place of an answer. Default false.
        close_before_head: FIN in place of an answer. Default false.
        stall_before_head: Never answer; the connection stays open. Default false.
        cut_after: FIN after this many content chunks, without the HTTP terminator. Default: never.
        reset_after: RST after this many content chunks. Default: never.
        stall_after: Silence for ever after this many content chunks. Default: never.
        finish_early_after: The body ends cleanly after this many content chunks, without the events that make a stream complete
            (finish_reason and `[DONE]`, message_stop, response.completed). Default: never.
        error_after: After this many content chunks an error event, and a clean end of the body. Default: never.
        malformed_after: After this many content chunks one event that is not JSON; the stream then goes on. Default: never.
        mid_event: `cut_after`, `reset_after` and `stall_after` send half of the next event first, so that they fall inside an SSE event
            and inside an HTTP chunk. Default false.
        omit_done: No `[DONE]`, though finish_reason was sent; of the other APIs' streams, too, the last event is left out. Default false.
        stall_at_end: Silence for ever after a stream's last event: the body is not ended, and the connection stays open. Default false.
        include_role_chunk: A chat stream begins with a chunk that has the role and an empty content. Default true.
        split: Bytes of the body per write; in a stream each is also an HTTP chunk of its own, so that 1 shows a client every byte by
            itself. 0 writes whole events. Default 0.
        crlf: Lines of a stream end in CRLF. Default false; Gemini's always do.
        comments_before: Number of `: keep-alive` comments ahead of the content, at the pace of the chunks; of Anthropic's pings in its
            streams, and of nothing in Gemini's, which have no such thing. Default 0.
        comment_every: One of them after every so many content chunks; 0 for none. Default 0.
        tool_calls: Number of parallel tool calls made when tools are offered and the user spoke last; 0 or false always answers with
            text. Default 1.
        tool_name: Name of the called function. Default: the n-th offered tool for the n-th call, from the start again when they run out.
        tool_arguments: Arguments of each call: text, verbatim, that need not be JSON (the APIs whose arguments are objects send what
            can be read of it). Default: a value that the tool's schema allows, `"{}"` where it names no properties.
        thinking: Text of the reasoning, where the request asks for some. Default: a short sentence.
        finish: Why the text ended, in place of the natural end: `length` or `content_filter`. Default: it was complete.
        lenient: Like many of those that imitate OpenAI's API, overlook what it refuses for the sake of order: parameters that it does not
            know, numbers out of range, options of a stream where there is none, a previous response that was not kept. Default false.
        refuses: Parameters that this model does not take, by the names that the API has for them; sending one is a 400. Default: none.
        prefill: What becomes of an assistant's message at the end of the conversation: `ignore` answers as if it were not there, `continue`
            says only what follows it where it is the beginning of the text, `refuse` is a 400. Default `ignore`.

    Raises:
        ValueError: If a number is negative or not finite, the status is out of range or a header cannot be sent.
    """

    status: int = 200
    latency: float = 0.0
    head_pause: float = 0.0
    text: str | None = None
    chunks: int | None = None
    pace: float = 0.0
    retry_after: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    error: tuple[str | None, str | None, str | None] | None = None
    error_code: str | None = None
    body: bytes | None = None
    reset_before_head: bool = False
    close_before_head: bool = False
    stall_before_head: bool = False
    cut_after: int | None = None
    reset_after: int | None = None
    stall_after: int | None = None
    finish_early_after: int | None = None
    error_after: int | None = None
    malformed_after: int | None = None
    mid_event: bool = False
    omit_done: bool = False
    stall_at_end: bool = False
    include_role_chunk: bool = True
    split: int = 0
    split_pace: float = 0.0
    crlf: bool = False
    comments_before: int = 0
    comment_every: int = 0
    tool_calls: int = 1
    tool_name: str | None = None
    tool_arguments: str | None = None
    thinking: str | None = None
    finish: Cutoff | None = None
    lenient: bool = False
    refuses: tuple[str, ...] = ()
    prefill: Prefill = "ignore"

    def __post_init__(self) -> None:
        """Refuse what could not be played, where it is written and not where it is served."""
        if not 200 <= self.status <= 599:  # noqa: PLR2004  # 1xx are not answers
            raise ValueError(f"status must be within 200 to 599, not {self.status}")
        for name in FIELDS:
            value = getattr(self, name)
            if isinstance(value, int | float) and not (math.isfinite(value) and value >= 0):
                raise ValueError(f"{name} must be finite and not negative, not {value}")
        for name, value in self.extra_headers():
            if not _HEADER_NAME.fullmatch(name):
                raise ValueError(f"{name!r} is not a header name")
            if not _HEADER_VALUE.fullmatch(value):
                raise ValueError(f"the value of header {name!r} has characters that cannot be sent")

    def extra_headers(self) -> tuple[tuple[str, str], ...]:
        """Give the response headers that this behaviour asks for, `retry_after` included."""
        if self.retry_after is None:
            return tuple(self.headers.items())
        return (("retry-after", self.retry_after), *self.headers.items())

    def fault(self) -> tuple[Fault, int] | None:
        """Give the fault to play among the content and the number of chunks before it, or None."""
        planned: tuple[tuple[Fault, int | None], ...] = (
            ("cut", self.cut_after),
            ("reset", self.reset_after),
            ("stall", self.stall_after),
            ("finish_early", self.finish_early_after),
            ("error", self.error_after),
            ("malformed", self.malformed_after),
        )
        return min(((name, after) for name, after in planned if after is not None), key=lambda fault: fault[1], default=None)

    @property
    def immediate(self) -> bool:
        """Whether an answer that is not a stream can be written at once: nothing to wait for, no fault to play."""
        return not (
            self.latency
            or self.head_pause
            or self.split
            or self.reset_before_head
            or self.close_before_head
            or self.stall_before_head
            or self.cut_after is not None
            or self.reset_after is not None
            or self.stall_after is not None
        )


FIELDS: Final = tuple(each.name for each in fields(Behaviour))
"""The names that a script may use."""
