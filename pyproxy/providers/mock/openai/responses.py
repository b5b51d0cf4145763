"""The Responses API: answers as items, what they are streamed as, and the memory behind `previous_response_id`."""

from collections import OrderedDict
from typing import Any, Final

from pyproxy.providers.mock.answer import Answer, decide
from pyproxy.providers.mock.behaviour import Behaviour
from pyproxy.providers.mock.openai import checks
from pyproxy.providers.mock.openai.responses_request import Item, ResponsesAsk, read_responses
from pyproxy.providers.mock.reply import BadRequestError
from pyproxy.providers.mock.signing import seal

_KEPT: Final = 1_000
_REASONS: Final = {"length": "max_output_tokens", "content_filter": "content_filter"}
_REPEATED: Final[dict[str, Any]] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}


class Memory:
    """The responses that can be fetched and gone on from: the last thousand, each with its conversation."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[dict[str, Any], tuple[Item, ...]]] = OrderedDict()

    def keep(self, response: dict[str, Any], items: tuple[Item, ...]) -> None:
        """Remember a response, and the conversation that led to it."""
        self._kept[response["id"]] = (response, (*items, *response["output"]))
        if len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def known(self, name: str, response_id: Any) -> None:
        """Check that a response to go on from is one of these; those that keep none take the request for the whole conversation.

        Raises:
            PedanticError: If it is not.
        """
        checks.string(name, response_id)
        if response_id not in self._kept:
            text = f"Previous response with id '{response_id}' not found."
            raise checks.PedanticError(text, code="previous_response_not_found", param=name)

    def read(self, document: dict[str, Any], model: str) -> ResponsesAsk:
        """Read a request whose parameters were checked, behind the conversation that it goes on from.

        Raises:
            BadRequestError: If the API would refuse it.
        """
        previous = document.get("previous_response_id")
        return read_responses(document, model, () if previous is None else self._kept[previous][1])

    def fetch(self, response_id: str) -> dict[str, Any]:
        """Give a response.

        Raises:
            BadRequestError: With status 404, if it is not known.
        """
        if response_id not in self._kept:
            raise BadRequestError(f"Response with id '{response_id}' not found.", status=404)
        return self._kept[response_id][0]

    def forget(self, response_id: str) -> dict[str, Any]:
        """Delete a response.

        Raises:
            BadRequestError: With status 404, if it is not known.
        """
        self.fetch(response_id)
        del self._kept[response_id]
        return {"id": response_id, "object": "response", "deleted": True}


def respond(ask: ResponsesAsk, behaviour: Behaviour, number: int, created: int) -> dict[str, Any]:
    """Give a whole response."""
    answer = decide(ask, behaviour)
    reason = _REASONS.get(answer.finish)
    cached = {"cached_tokens": 0, "cache_write_tokens": 0}
    repeated = {name: ask.document[name] if ask.document.get(name) is not None else usual for name, usual in _REPEATED.items()}
    return {
        "id": f"resp_mock{number}",
        "object": "response",
        "created_at": created,
        "status": "completed" if reason is None else "incomplete",
        "error": None,
        "incomplete_details": None if reason is None else {"reason": reason},
        "model": ask.model,
        "output": _output(ask, answer, number),
        **repeated,
        "usage": {
            "input_tokens": ask.prompt_tokens,
            "input_tokens_details": cached,
            "output_tokens": answer.tokens,
            "output_tokens_details": {"reasoning_tokens": answer.thinking_tokens},
            "total_tokens": ask.prompt_tokens + answer.tokens,
        },
    }


def _output(ask: ResponsesAsk, answer: Answer, number: int) -> list[Item]:
    items: list[Item] = []
    if answer.thinking:
        shown = [{"type": "summary_text", "text": answer.thinking}] if ask.summary else []
        thought: Item = {"id": f"rs_mock{number}", "type": "reasoning", "summary": shown}
        items.append({**thought, "encrypted_content": seal(answer.thinking)} if ask.encrypted else thought)
    for index, call in enumerate(answer.calls):
        item = {"id": f"fc_mock{number}_{index}", "type": "function_call", "status": "completed"}
        items.append({**item, "arguments": call.arguments, "call_id": f"call_mock{number}_{index}", "name": call.name})
    if not answer.calls:
        part = {"type": "output_text", "annotations": [], "logprobs": [], "text": answer.text}
        status = "completed" if answer.finish == "stop" else "incomplete"
        items.append({"id": f"msg_mock{number}", "type": "message", "status": status, "role": "assistant", "content": [part]})
    return items
