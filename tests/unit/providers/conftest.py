import pytest
from support.transports import KINDS, Kind


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    """Each transport."""
    kind: Kind = request.param
    return kind
