"""What clients of the responses API call the members of a chat request."""

from __future__ import annotations

from pyproxy.dialects.translation.client_names import ClientNames

__all__ = ["RESPONSES_NAMES"]

RESPONSES_NAMES = ClientNames(
    {
        "logprobs": ("include", "top_logprobs"),
        "max_completion_tokens": ("max_output_tokens",),
        "max_tokens": ("max_output_tokens",),
        "messages": ("input",),
        "messages[].content": ("input[].content[]",),
        "messages[].reasoning_content": ("input[].reasoning",),
        "messages[].role": ("input[].role",),
        "messages[].thinking_blocks": ("input[].encrypted_content",),
        "messages[].tool_call_id": ("input[].call_id",),
        "messages[].tool_calls[].extra_content": ("input[].encrypted_content",),
        "messages[].tool_calls[].function.arguments": ("input[].arguments",),
        "reasoning_effort": ("reasoning.effort",),
        "response_format": ("text.format",),
        "tools[].function": ("tools[]",),
        "tools[].function.name": ("tools[].name",),
        "tools[].function.parameters": ("tools[].parameters",),
        "tools[].function.strict": ("tools[].strict",),
        "verbosity": ("text.verbosity",),
    }
)
