"""The asyncio side of the core's admission: scopes from the configuration, leases for attempts."""

from pyproxy.admission.controller import Acquisition, ConcurrencyController, Permit
from pyproxy.admission.desk import AdmissionDesk, Lease, Refused
from pyproxy.admission.scopes import LiveScopes, ScopeLimits, scopes_of

__all__ = ["Acquisition", "AdmissionDesk", "ConcurrencyController", "Lease", "LiveScopes", "Permit", "Refused", "ScopeLimits", "scopes_of"]
