"""What clients of the messages API call the members of a chat request."""

from __future__ import annotations

from pyproxy.dialects.translation.client_names import ClientNames

__all__ = ["MESSAGES_NAMES"]

MESSAGES_NAMES = ClientNames(
    {
        "max_completion_tokens": ("max_tokens",),
        "messages": ("messages[]",),
        "messages[].content": ("messages[].content[]",),
        "messages[].content[].file": ("messages[].content[].source",),
        "messages[].content[].image_url": ("messages[].content[].source",),
        "messages[].reasoning_content": ("messages[].content[].thinking",),
        "messages[].thinking_blocks": ("messages[].content[].thinking",),
        "messages[].tool_call_id": ("messages[].content[].tool_use_id",),
        "messages[].tool_calls": ("messages[].content[]",),
        "messages[].tool_calls[].function.arguments": ("messages[].content[].input",),
        "parallel_tool_calls": ("tool_choice.disable_parallel_tool_use",),
        "reasoning_effort": ("thinking", "output_config.effort"),
        "response_format": ("output_config.format", "output_format"),
        "stop": ("stop_sequences",),
        "tools[].function": ("tools[]",),
        "tools[].function.description": ("tools[].description",),
        "tools[].function.name": ("tools[].name",),
        "tools[].function.parameters": ("tools[].input_schema",),
        "tools[].function.strict": ("tools[].strict",),
        "user": ("metadata.user_id",),
    }
)
