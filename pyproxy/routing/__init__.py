"""From a name to a plan: the resolver, and the compiler behind it."""

from pyproxy.routing.resolver import Resolver

__all__ = ["Resolver"]
