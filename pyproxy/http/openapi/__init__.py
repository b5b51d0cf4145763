"""What the sidecar serves, as an OpenAPI document; written by hand, for what passes through is nobody's model here."""

from pyproxy.http.openapi.document import openapi
from pyproxy.http.openapi.page import page

__all__ = ["openapi", "page"]
