"""How instances and callers are named, once for every layer."""

from __future__ import annotations

__all__ = ["credential_names", "instance_names", "node_scope", "pool_scope", "wrapper_scope"]


def instance_names(model: str, credentials: int) -> tuple[str, ...]:
    """The instances of a model: itself with one credential or none, ``model#1``, ``model#2``, … with several."""
    if credentials <= 1:
        return (model,)
    return tuple(f"{model}#{number}" for number in range(1, credentials + 1))


def credential_names(provider: str, credentials: int) -> tuple[str, ...]:
    """The credentials of a provider, as many as a model of it has instances; one that has none counts as one."""
    return instance_names(provider, credentials)


def wrapper_scope(wrapper: str) -> str:
    """The scope under which a wrapper's limits are kept."""
    return f"wrapper:{wrapper}"


def node_scope(node: str) -> str:
    """The scope under which a caller's limits are kept; the prefix keeps it apart from groups and models."""
    return f"node:{node}"


def pool_scope(pool: str) -> str:
    """The scope under which a pool's limits are kept."""
    return f"pool:{pool}"
