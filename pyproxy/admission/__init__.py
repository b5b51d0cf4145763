"""The asyncio side of the core's admission: scopes from the configuration, leases for attempts."""

from pyproxy.admission.controller import Acquisition, ConcurrencyController, Permit
from pyproxy.admission.desk import AdmissionDesk, Lease, Refused
from pyproxy.admission.scopes import define_scopes

__all__ = ["Acquisition", "AdmissionDesk", "ConcurrencyController", "Lease", "Permit", "Refused", "define_scopes"]
