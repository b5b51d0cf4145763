"""The asgi ingress: FastAPI for the control plane, plain ASGI where requests pass."""

from pyproxy.http.app import build_app

__all__ = ["build_app"]
