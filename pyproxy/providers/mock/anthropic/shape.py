"""The shape of a messages request. The real API checks it with Pydantic and sends on what Pydantic says, and so does the mock.

Version 2026-10-21 of the API took the sampling parameters away; who asks for an older one still has them.
"""

from typing import Annotated, Any, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidationError

from pyproxy.providers.mock.anthropic.settings import JsonFormat, OutputConfig, Shape, ThinkingConfig, ToolChoice
from pyproxy.providers.mock.reply import BadRequestError


class _Open(BaseModel):
    """What the mock does not look into: server tools, and the blocks that go with them."""

    model_config = ConfigDict(extra="allow", strict=True)
    type: str


class CacheControl(Shape):
    """A mark: the prompt up to here is to be cached."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] | None = None


class _Cacheable(Shape):
    cache_control: CacheControl | None = None


class Text(_Cacheable):
    """A text."""

    type: Literal["text"]
    text: str
    citations: list[Any] | None = None


class Base64Source(Shape):
    """An image in the request itself."""

    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str


class UrlSource(Shape):
    """An image at an address."""

    type: Literal["url"]
    url: str


class FileSource(Shape):
    """An image that was uploaded."""

    type: Literal["file"]
    file_id: str


class Image(_Cacheable):
    """An image."""

    type: Literal["image"]
    source: Annotated[Base64Source | UrlSource | FileSource, Field(discriminator="type")]
    transformations: dict[str, Any] | None = None


class Document(_Cacheable):
    """A document."""

    type: Literal["document"]
    source: dict[str, Any]
    title: str | None = None
    context: str | None = None
    citations: dict[str, Any] | None = None


class SearchResult(_Cacheable):
    """A result of a search, to be cited."""

    type: Literal["search_result"]
    source: str
    title: str
    content: list[Text]
    citations: dict[str, Any] | None = None


class Thinking(Shape):
    """A thought of the model, signed."""

    type: Literal["thinking"]
    thinking: str
    signature: str


class RedactedThinking(Shape):
    """A thought that is not shown."""

    type: Literal["redacted_thinking"]
    data: str


class ToolUse(_Cacheable):
    """A call of a tool."""

    type: Literal["tool_use"]
    id: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]+$")]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    input: dict[str, Any]
    caller: dict[str, Any] | None = None
    toolset_name: str | None = None


def _string_or_list(value: Any) -> str:
    return "str" if isinstance(value, str) else "list"


_Result: TypeAlias = Annotated[Text | Image | Document | SearchResult, Field(discriminator="type")]


class ToolResult(_Cacheable):
    """The answer to a call."""

    type: Literal["tool_result"]
    tool_use_id: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]+$")]
    content: Annotated[Annotated[str, Tag("str")] | Annotated[list[_Result], Tag("list")], Discriminator(_string_or_list)] = ""
    is_error: bool | None = None
    toolset_name: str | None = None


_TYPES = {"text", "image", "document", "search_result", "thinking", "redacted_thinking", "tool_use", "tool_result"}
_SERVER_BLOCKS = {"server_tool_use", "container_upload", "mcp_tool_use", "mcp_tool_result", "compaction"}


def _kind_of_block(value: Any) -> str | None:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    if not isinstance(kind, str):
        return None
    return "server" if kind in _SERVER_BLOCKS or (kind.endswith("_tool_result") and kind not in _TYPES) else kind


Block: TypeAlias = Annotated[
    Annotated[Text, Tag("text")]
    | Annotated[Image, Tag("image")]
    | Annotated[Document, Tag("document")]
    | Annotated[SearchResult, Tag("search_result")]
    | Annotated[Thinking, Tag("thinking")]
    | Annotated[RedactedThinking, Tag("redacted_thinking")]
    | Annotated[ToolUse, Tag("tool_use")]
    | Annotated[ToolResult, Tag("tool_result")]
    | Annotated[_Open, Tag("server")],
    Discriminator(_kind_of_block),
]


class Message(Shape):
    """One message."""

    role: Literal["user", "assistant", "system"]
    content: Annotated[Annotated[str, Tag("str")] | Annotated[list[Block], Tag("list")], Discriminator(_string_or_list)]

    def blocks(self) -> list[Any]:
        """Give the content as blocks."""
        return [Text(type="text", text=self.content)] if isinstance(self.content, str) else self.content


class CustomTool(_Cacheable):
    """A tool that the client runs."""

    type: Literal["custom"] | None = None
    name: Annotated[str, Field(pattern="^[a-zA-Z0-9_-]{1,128}$")]
    description: str | None = None
    input_schema: "InputSchema"
    strict: bool | None = None
    defer_loading: bool | None = None
    allowed_callers: list[str] | None = None
    input_examples: list[dict[str, Any]] | None = None
    eager_input_streaming: bool | None = None


class InputSchema(BaseModel):
    """A JSON Schema, of which only the top is looked at."""

    model_config = ConfigDict(extra="allow", strict=True)
    type: Literal["object"]


def _kind_of_tool(value: Any) -> str:
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return "custom" if kind is None or kind == "custom" else "server"


class CountTokens(Shape):
    """What a request to count tokens may hold."""

    model: Annotated[str, Field(min_length=1)]
    messages: list[Message]
    system: Annotated[Annotated[str, Tag("str")] | Annotated[list[Text], Tag("list")], Discriminator(_string_or_list)] = ""
    tools: list[Annotated[Annotated[CustomTool, Tag("custom")] | Annotated[_Open, Tag("server")], Discriminator(_kind_of_tool)]] = Field(
        default_factory=list
    )
    tool_choice: ToolChoice | None = None
    thinking: ThinkingConfig | None = None
    output_config: OutputConfig | None = None
    output_format: JsonFormat | None = None
    cache_control: CacheControl | None = None
    context_management: dict[str, Any] | None = None
    mcp_servers: list[dict[str, Any]] | None = None
    speed: Literal["standard", "fast"] | None = None
    user_profile_id: str | None = None
    workspace_id: str | None = None
    billing_policy: dict[str, Any] | None = None
    compaction: dict[str, Any] | None = None


class Create(CountTokens):
    """What a request for a message may hold."""

    max_tokens: Annotated[int, Field(ge=1)]
    metadata: dict[str, Any] | None = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    container: Any = None
    diagnostics: dict[str, Any] | None = None
    inference_geo: str | None = None
    fallbacks: Literal["default"] | list[dict[str, Any]] | None = None
    fallback_credit_token: str | dict[str, Any] | None = None
    thread: dict[str, Any] | None = None


class SampledCreate(Create):
    """What it may hold in the versions before 2026-10-21."""

    temperature: float | None = None
    top_p: float | None = None
    top_k: Annotated[int, Field(ge=0)] | None = None


_HIDDEN = frozenset({"str", "list", "server"})


def checked(shape: type[CountTokens], document: Any) -> Any:
    """Check a parsed request against its shape.

    Raises:
        BadRequestError: With the first thing that is wrong, where it is wrong, as the API says it.
    """
    try:
        return shape.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(each) for each in first["loc"] if each not in _HIDDEN)
        raise BadRequestError(f"{place}: {_said(first)}" if place else _said(first)) from None


def _said(error: Any) -> str:
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"}:
        context = error["ctx"]
        if error["type"] == "union_tag_not_found":
            return "Field required"
        expected = context.get("expected_tags", "").replace(", 'server'", "")
        return f"Input tag '{context.get('tag')}' found using 'type' does not match any of the expected tags: {expected}"
    return str(error["msg"])
