"""``GET /v1/models`` in its four shapes: every name that can be asked for, as each kind of client expects to read it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "Shape",
    "anthropic_entry",
    "anthropic_list",
    "codex_entry",
    "codex_list",
    "google_entry",
    "google_list",
    "model_entry",
    "model_list",
    "openai_entry",
    "openai_list",
    "shape_of",
]

Shape = Literal["openai", "anthropic", "google", "codex"]
Json = dict[str, Any]

_GOOGLE_METHODS = ["generateContent", "streamGenerateContent", "countTokens", "embedContent", "batchEmbedContents"]
_CODEX_INSTRUCTIONS = """\
You are a coding agent that works in the user's terminal, in a workspace that you share with the user. Be precise, safe and helpful.

- Read the files that matter before you change them, and follow the instructions in AGENTS.md files that apply to them.
- Keep going until the task is done; find and mend the cause of a fault, not its sign. Change nothing that the task does not call for.
- Use the tools you are given to read, edit and run things; never make up what a command would print.
- Run the tests or checks that show that the work is right, where there are some, and say so plainly where you could not.
- Do not commit, delete or overwrite the user's work unless asked.
- Answer briefly, in plain words, and name the files that you changed.
"""


def shape_of(headers: Iterable[tuple[bytes, bytes]], query: bytes) -> Shape:
    """Tell by a request's headers (with names in lower case) and query which shape its client reads."""
    names = {name for name, _ in headers}
    if b"anthropic-version" in names:
        return "anthropic"
    if any(name.startswith(b"x-goog-") for name in names):
        return "google"
    # Read as text: of bytes, parse_qsl takes no name with a percent-encoded byte above 127.
    is_codex = any(key == "client_version" for key, _ in parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    return "codex" if is_codex else "openai"


def model_list(shape: Shape, targets: Sequence[str], created: int) -> Json:
    """All targets. `created` is in seconds since the epoch."""
    if shape == "anthropic":
        return anthropic_list(targets, created)
    if shape == "google":
        return google_list(targets)
    return codex_list(targets) if shape == "codex" else openai_list(targets, created)


def model_entry(shape: Shape, target: str, created: int) -> Json:
    """One target."""
    if shape == "anthropic":
        return anthropic_entry(target, created)
    if shape == "google":
        return google_entry(target)
    return codex_entry(target) if shape == "codex" else openai_entry(target, created)


def openai_list(targets: Iterable[str], created: int) -> Json:
    """All targets, for the OpenAI SDKs."""
    return {"object": "list", "data": [openai_entry(target, created) for target in targets]}


def openai_entry(target: str, created: int) -> Json:
    """One target, for the OpenAI SDKs."""
    return {"id": target, "object": "model", "created": created, "owned_by": "pyproxy"}


def anthropic_list(targets: Sequence[str], created: int) -> Json:
    """All targets, for the Anthropic SDKs and Claude Code: one page, whatever `limit` they ask for."""
    data = [anthropic_entry(target, created) for target in targets]
    return {"data": data, "has_more": False, "first_id": targets[0] if targets else None, "last_id": targets[-1] if targets else None}


def anthropic_entry(target: str, created: int) -> Json:
    """One target, for the Anthropic SDKs and Claude Code."""
    born = datetime.fromtimestamp(created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"type": "model", "id": target, "display_name": target, "created_at": born, "lifecycle": "active"}


def google_list(targets: Iterable[str]) -> Json:
    """All targets, for google-genai and the Gemini CLI: one page."""
    return {"models": [google_entry(target) for target in targets]}


def google_entry(target: str) -> Json:
    """One target, for google-genai and the Gemini CLI."""
    return {
        "name": f"models/{target}",
        "baseModelId": target,
        "version": "1",
        "displayName": target,
        "description": "A target of pyproxy.",
        "supportedGenerationMethods": list(_GOOGLE_METHODS),
    }


def codex_list(targets: Iterable[str]) -> Json:
    """All targets, for Codex."""
    return {"models": [codex_entry(target, place) for place, target in enumerate(targets)]}


def codex_entry(target: str, place: int = 0) -> Json:
    """One target with all that Codex requires to know of a model; the rest it assumes by itself.

    Its system prompt has to come with it, and is not Codex's own; `model_instructions_file` in its config takes precedence.
    """
    return {
        "slug": target,
        "display_name": target,
        "description": "A target of pyproxy.",
        "priority": place,
        "visibility": "list",
        "supported_in_api": True,
        "base_instructions": _CODEX_INSTRUCTIONS,
        "supported_reasoning_levels": [],
        "supports_reasoning_summaries": False,
        "support_verbosity": False,
        "default_verbosity": None,
        "shell_type": "shell_command",
        "apply_patch_tool_type": None,
        "supports_parallel_tool_calls": True,
        "truncation_policy": {"mode": "bytes", "limit": 10_000},
        "experimental_supported_tools": [],
        "input_modalities": ["text", "image"],
        "availability_nux": None,
        "upgrade": None,
    }
