"""What litellm's translations do otherwise than ours: a module for each pair of APIs and direction."""

from clients.apart.differential.disagreements import answers, chat_to_gemini, chat_to_messages, gemini_to_chat, messages_to_chat

__all__ = ["answers", "chat_to_gemini", "chat_to_messages", "gemini_to_chat", "messages_to_chat"]
