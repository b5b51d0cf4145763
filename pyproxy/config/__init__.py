"""The configuration: read, checked and typed.

`load_config` and `check_config` turn a YAML or TOML file, or a mapping, into a frozen `Config`, or into `Fault` values that say by
file, line and column what is wrong and what to do. Nothing else in the package reads the environment.
"""

from pyproxy.config.alerts import AlertsConfig
from pyproxy.config.fallback import CircuitBreakerConfig, FallbackConfig
from pyproxy.config.faults import Fault
from pyproxy.config.groups import EchelonConfig, TaskGroupConfig, Timeouts
from pyproxy.config.loader import check_config, load_config
from pyproxy.config.pools import PollingPoolConfig, RateLimitingConfig, SlidingWindowConfig, TokenBucketConfig
from pyproxy.config.providers import AzureConfig, CapabilitiesConfig, ModelConfig, PriceConfig, ProviderConfig
from pyproxy.config.root import Config
from pyproxy.config.server import ServerConfig
from pyproxy.config.sessions import SessionsConfig
from pyproxy.config.targets import NodeConfig, WrapperConfig
from pyproxy.errors import ConfigError

__all__ = [
    "AlertsConfig",
    "AzureConfig",
    "CapabilitiesConfig",
    "CircuitBreakerConfig",
    "Config",
    "ConfigError",
    "EchelonConfig",
    "FallbackConfig",
    "Fault",
    "ModelConfig",
    "NodeConfig",
    "PollingPoolConfig",
    "PriceConfig",
    "ProviderConfig",
    "RateLimitingConfig",
    "ServerConfig",
    "SessionsConfig",
    "SlidingWindowConfig",
    "TaskGroupConfig",
    "Timeouts",
    "TokenBucketConfig",
    "WrapperConfig",
    "check_config",
    "load_config",
]
