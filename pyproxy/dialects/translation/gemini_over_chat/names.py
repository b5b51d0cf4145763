"""What Gemini's clients call the members of a chat request."""

from __future__ import annotations

from pyproxy.dialects.translation.client_names import ClientNames

__all__ = ["GEMINI_NAMES"]

GEMINI_NAMES = ClientNames(
    {
        "frequency_penalty": ("generationConfig.frequencyPenalty",),
        "logprobs": ("generationConfig.responseLogprobs",),
        "max_completion_tokens": ("generationConfig.maxOutputTokens",),
        "max_tokens": ("generationConfig.maxOutputTokens",),
        "messages": ("contents",),
        "messages[].content": ("contents[].parts[]",),
        "messages[].extra_content": ("contents[].parts[].thoughtSignature",),
        "messages[].reasoning_content": ("contents[].parts[].thought",),
        "messages[].role": ("contents[].role",),
        "messages[].thinking_blocks": ("contents[].parts[].thoughtSignature",),
        "messages[].tool_call_id": ("contents[].parts[].functionResponse.id",),
        "messages[].tool_calls": ("contents[].parts[].functionCall",),
        "messages[].tool_calls[].extra_content": ("contents[].parts[].thoughtSignature",),
        "messages[].tool_calls[].function.arguments": ("contents[].parts[].functionCall.args",),
        "modalities": ("generationConfig.responseModalities",),
        "n": ("generationConfig.candidateCount",),
        "presence_penalty": ("generationConfig.presencePenalty",),
        "reasoning_effort": ("generationConfig.thinkingConfig",),
        "response_format": (
            "generationConfig.responseSchema",
            "generationConfig.responseJsonSchema",
            "generationConfig.responseMimeType",
        ),
        "seed": ("generationConfig.seed",),
        "stop": ("generationConfig.stopSequences",),
        "temperature": ("generationConfig.temperature",),
        "thinking": ("generationConfig.thinkingConfig",),
        "tool_choice": ("toolConfig.functionCallingConfig",),
        "tools": ("tools[].functionDeclarations[]",),
        "tools[].function.name": ("tools[].functionDeclarations[].name",),
        "tools[].function.parameters": ("tools[].functionDeclarations[].parameters",),
        "top_k": ("generationConfig.topK",),
        "top_logprobs": ("generationConfig.logprobs",),
        "top_p": ("generationConfig.topP",),
    }
)
