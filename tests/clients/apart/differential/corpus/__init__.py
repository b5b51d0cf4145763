"""What is translated: requests and answers as clients and providers of each API write them, each member there or not."""

from __future__ import annotations

from typing import Any, Final

from clients.apart.differential.corpus.answers import chat_answers, chat_chunks, gemini_answers, gemini_chunks, messages_answers
from clients.apart.differential.corpus.chat import chat_requests
from clients.apart.differential.corpus.gemini import gemini_requests
from clients.apart.differential.corpus.messages import messages_requests
from clients.apart.differential.translations import Case
from hypothesis import strategies as st
from support.conversations import events_of, names

__all__ = ["CORPORA"]


def _corpus(translation: str, bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[Case]:
    return bodies.map(lambda body: Case(translation, body))


CORPORA: Final = {
    name: _corpus(name, bodies)
    for name, bodies in {
        "chat_to_messages": chat_requests(["claude-sonnet-4-5", "claude-opus-4-7"], thinking=True, user=names),
        "chat_to_gemini": chat_requests(
            ["gemini-2.5-pro", "gemini-3.1-pro-preview"], thinking=False, seed=st.integers(0, 9), n=st.just(1) | st.just(2)
        ),
        "messages_to_chat": messages_requests,
        "gemini_to_chat": gemini_requests,
        "message_as_chat": messages_answers,
        "gemini_as_chat": gemini_answers(),
        "chat_as_message": chat_answers,
        "chat_as_gemini": chat_answers,
        "message_events_as_chat": messages_answers.flatmap(events_of),
        "gemini_chunks_as_chat": gemini_chunks(),
        "chat_chunks_as_message": chat_chunks(),
    }.items()
}
