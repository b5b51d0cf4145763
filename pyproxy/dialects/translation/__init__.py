"""Translates calls between the APIs of clients and of providers: pure functions that also tell what they could not carry.

A module ``chat_over_messages`` serves a client of the chat completions API from a provider of the messages API. Chat is the hub: every
other pair goes through it.
"""
