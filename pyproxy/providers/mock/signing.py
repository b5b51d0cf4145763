"""Seals: what a model gives its client to keep and to bring back unchanged, such as the signature of a thought.

The key is the same in every mock, as it is in every server of a real provider: what one of them sealed, the next one opens.
"""

import base64
import binascii
import hashlib
import hmac
from typing import Final

_KEY: Final = b"the mock provider"
_MAC_BYTES: Final = 16


def seal(text: str) -> str:
    """Give a seal that only the mock can make, with the text in it."""
    data = text.encode()
    return base64.b64encode(_mac(data) + data).decode()


def opened(seal_: str) -> str | None:
    """Give the text in a seal, or None if the mock did not make it."""
    try:
        raw = base64.b64decode(seal_, altchars=b"+/", validate=True)
    except (binascii.Error, ValueError):
        return None
    mac, data = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
    return data.decode() if hmac.compare_digest(mac, _mac(data)) else None


def _mac(data: bytes) -> bytes:
    return hmac.new(_KEY, data, hashlib.sha256).digest()[:_MAC_BYTES]
