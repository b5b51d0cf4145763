"""The LLM node: a step of a workflow that asks a model. LangGraph calls it as it is."""

from pyproxy.node.node import LLMNode

__all__ = ["LLMNode"]
