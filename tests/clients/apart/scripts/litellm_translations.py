"""litellm's own translations, as a program: a line of JSON in with what is to be translated, a line out with what became of it.

It asks nobody anything: no connection can be opened from here, and an image that litellm would fetch is a stand-in that names its address.
"""

import base64
import json
import os
import socket
import sys

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import httpx
import litellm
from litellm.google_genai.adapters.transformation import GoogleGenAIAdapter
from litellm.llms.anthropic.chat.handler import ModelResponseIterator as MessageIterator
from litellm.llms.anthropic.chat.transformation import AnthropicConfig
from litellm.llms.anthropic.pass_through.adapters.streaming_iterator import AnthropicStreamWrapper
from litellm.llms.anthropic.pass_through.adapters.transformation import LiteLLMAnthropicMessagesAdapter
from litellm.llms.gemini.chat import transformation as gemini_chat
from litellm.llms.vertex_ai.gemini.transformation import transform_request_body
from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import ModelResponseIterator as GeminiIterator
from litellm.llms.vertex_ai.gemini.vertex_and_google_ai_studio_gemini import VertexGeminiConfig
from litellm.types.utils import ModelResponse, ModelResponseStream
from litellm.utils import get_optional_params

ASKED = httpx.Request("POST", "http://nobody.invalid")


class Log:
    """What litellm's transformations tell of their work, to nobody."""

    def __init__(self) -> None:
        self.optional_params: dict = {}
        self.model_call_details: dict = {"litellm_params": {}}

    def __getattr__(self, name):
        return lambda *_, **__: None


def refuse(*_, **__):
    raise OSError("nobody is asked from here")


def fetched(url, **_):
    return {"type": "base64", "media_type": "image/png", "data": base64.b64encode(url.encode()).decode()}


def real_or_fetched(url, **options):
    return real_image(url, **options) if url.startswith("data:") else fetched(url)


def split(body, provider):
    """The messages and the parameters of a chat request, as litellm's `completion` hands them to its translation for a provider."""
    parameters = {name: value for name, value in body.items() if name not in ("messages", "model")}
    mapped = get_optional_params(
        model=body["model"], custom_llm_provider=provider, messages=body["messages"], drop_params=True, **parameters
    )
    return AnthropicConfig().translate_developer_role_to_system_role(body["messages"]), mapped


def chat_to_messages(body):
    messages, mapped = split(body, "anthropic")
    return AnthropicConfig().transform_request(body["model"], messages, mapped, {}, {})


def chat_to_gemini(body):
    messages, mapped = split(body, "gemini")
    return transform_request_body(messages, body["model"], mapped, "gemini", {}, None)


def messages_to_chat(body):
    return LiteLLMAnthropicMessagesAdapter().translate_anthropic_to_openai(body)[0]


def gemini_to_chat(body):
    known = {"contents": body["contents"], "config": body.get("generationConfig")}
    others = {name: body[name] for name in ("systemInstruction", "tools", "toolConfig") if name in body}
    return GoogleGenAIAdapter().translate_generate_content_to_completion("gpt-4o", **known, **others)


def message_as_chat(body):
    answer = httpx.Response(200, json=body, request=ASKED)
    return AnthropicConfig().transform_response("m", answer, ModelResponse(), Log(), {}, [], {}, {}, None).model_dump()


def gemini_as_chat(body):
    answer = httpx.Response(200, json=body, request=ASKED)
    return VertexGeminiConfig().transform_response("m", answer, ModelResponse(), Log(), {}, [], {}, {}, None).model_dump()


def chat_as_message(body):
    return LiteLLMAnthropicMessagesAdapter().translate_openai_response_to_anthropic(ModelResponse(**body))


def chat_as_gemini(body):
    return GoogleGenAIAdapter().translate_completion_to_generate_content(ModelResponse(**body))


def message_events_as_chat(events):
    parser = MessageIterator(iter(()), sync_stream=True)
    return [parser.chunk_parser(event).model_dump() for event in events]


def gemini_chunks_as_chat(chunks):
    parser = GeminiIterator(iter(()), sync_stream=True, logging_obj=Log())
    return [parser.chunk_parser(chunk).model_dump() for chunk in chunks]


def chat_chunks_as_message(chunks):
    wrapper = AnthropicStreamWrapper((ModelResponseStream(**chunk) for chunk in chunks), "m")
    return list(wrapper)


TRANSLATIONS = (
    chat_to_messages,
    chat_to_gemini,
    messages_to_chat,
    gemini_to_chat,
    message_as_chat,
    gemini_as_chat,
    chat_as_message,
    chat_as_gemini,
    message_events_as_chat,
    gemini_chunks_as_chat,
    chat_chunks_as_message,
)
BY_NAME = {translation.__name__: translation for translation in TRANSLATIONS}

# From here on nobody is asked anything.
real_image = gemini_chat.convert_to_anthropic_image_obj
gemini_chat.convert_to_anthropic_image_obj = real_or_fetched
socket.socket.connect = refuse
litellm.suppress_debug_info = True

for line in sys.stdin:
    asked = json.loads(line)
    try:
        told = {"result": BY_NAME[asked["translation"]](asked["body"])}
        written = json.dumps(told, default=lambda value: value.model_dump())
    except Exception as fault:
        written = json.dumps({"error": f"{type(fault).__name__}: {fault}"})
    sys.stdout.write(written + "\n")
    sys.stdout.flush()
