"""The asyncio side of the core's admission: scopes from the configuration, who may be asked, leases for attempts."""

from pyproxy.admission.breakers import Breakers
from pyproxy.admission.controller import ConcurrencyController
from pyproxy.admission.credentials import Credentials
from pyproxy.admission.desk import AdmissionDesk, Caller
from pyproxy.admission.instances import Instances, known_instances
from pyproxy.admission.lease import Lease
from pyproxy.admission.permit import Acquisition, Permit
from pyproxy.admission.refused import Refused
from pyproxy.admission.scopes import LiveScopes, ScopeLimits, rated, scopes_of, token_limits
from pyproxy.admission.standing import Standing
from pyproxy.admission.tokens import Prompt, TokenEstimates

__all__ = [
    "Acquisition",
    "AdmissionDesk",
    "Breakers",
    "Caller",
    "ConcurrencyController",
    "Credentials",
    "Instances",
    "Lease",
    "LiveScopes",
    "Permit",
    "Prompt",
    "Refused",
    "ScopeLimits",
    "Standing",
    "TokenEstimates",
    "known_instances",
    "rated",
    "scopes_of",
    "token_limits",
]
