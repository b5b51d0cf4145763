"""Another configuration for a sidecar that serves: read and prepared, which may fail, then swapped in, which cannot."""

from pyproxy.reloading.assembly import Assembly
from pyproxy.reloading.reloader import Reloader
from pyproxy.reloading.source import ConfigSource
from pyproxy.reloading.watcher import Watcher

__all__ = ["Assembly", "ConfigSource", "Reloader", "Watcher"]
