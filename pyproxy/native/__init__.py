"""The asyncio side of native I/O: what is begun there is awaited here."""

from pyproxy.native.bridge import Bridge

__all__ = ["Bridge"]
