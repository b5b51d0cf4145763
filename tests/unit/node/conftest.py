from support.apart import sidecar as sidecar  # noqa: PLC0414 - a fixture, given on
from support.apart import upstream as upstream  # noqa: PLC0414
