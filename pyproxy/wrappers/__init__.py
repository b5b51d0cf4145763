"""Wrappers: a group, a pool or a single model, used as one LLM client."""

from pyproxy.wrappers.base import LLMWrapper
from pyproxy.wrappers.factory import LLMWrapperFactory
from pyproxy.wrappers.kinds import DirectWrapper, PoolWrapper, TaskGroupWrapper

__all__ = ["DirectWrapper", "LLMWrapper", "LLMWrapperFactory", "PoolWrapper", "TaskGroupWrapper"]
