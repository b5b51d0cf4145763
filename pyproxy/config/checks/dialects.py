"""Addresses at which another dialect is spoken than the one that is said, or that holds by default."""

from pyproxy.config.faults import FaultLog
from pyproxy.config.known_providers import known_provider_at
from pyproxy.config.tree import Scalar, Table

_COMPATIBLE = "/openai"
"""How the address of Gemini's endpoint for the OpenAI dialect ends."""


def check_dialects(root: Table, log: FaultLog) -> None:
    """Warn of each provider whose address is known for another dialect."""
    for _, _, provider in root.tables("providers"):
        given = next((str(text.value) for text in provider.texts("dialect")), None)
        if given is None and "dialect" in provider.entries:
            continue
        for address in provider.texts("base_url"):
            _check(given, address, log)


def _check(given: str | None, address: Scalar, log: FaultLog) -> None:
    url = str(address.value).rstrip("/")
    known = known_provider_at(url)
    if known is None or known.dialect == "openai":
        return
    if known.dialect == "gemini" and url.endswith(_COMPATIBLE):
        if given == "gemini":
            _warn(address, "is Gemini's endpoint for the OpenAI dialect", f"leave out {_COMPATIBLE}, or write dialect: openai", log)
    elif given is None:
        message = f"is {known.name}'s address, and the dialect is openai where none is said"
        _warn(address, message, f"write dialect: {known.dialect}, or dialect: openai if that is meant", log)
    elif given == "openai" and known.dialect == "gemini":
        _warn(address, "is not Gemini's endpoint for the OpenAI dialect", f"add {_COMPATIBLE}, or write dialect: gemini", log)


def _warn(address: Scalar, message: str, hint: str, log: FaultLog) -> None:
    log.add(address.place.fault(message, address.origin or hint, severity="warning"))
