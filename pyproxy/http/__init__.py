"""The asgi ingress: plain ASGI where requests pass, FastAPI for the control plane, which is loaded when it is asked for."""

from pyproxy.http.app import build_app

__all__ = ["build_app"]
