"""The errors of pyproxy: one tree, each with its HTTP status, its code and whether asking again may help.

PyproxyError
├── ConfigError                 the configuration cannot be used; nothing was started
├── BindError                   the address to listen on cannot be had
├── AdmissionRefused            limits leave no room, now or before the deadline
└── RequestError                a request got an error for an answer
    ├── InvalidRequest          400, the request itself cannot be read
    │   ├── BodyTooLarge        413
    │   ├── UnsupportedMediaType 415
    │   ├── OperationUnavailable 400, no model behind the target can do what is asked
    │   ├── PreviousResponseNotFound 400, nobody keeps the response that it goes on from
    │   ├── Untranslatable      400, no provider's API has what is asked
    │   ├── NotFound            404, no such route
    │   ├── MethodNotAllowed    405, the route does not take the method
    │   ├── UpgradeRequired     426, a WebSocket where there is none
    │   ├── UriTooLong          414, the path and the query together
    │   ├── RequestTimeout      408, the request did not come to its end in time
    │   └── HeadersTooLarge     431, too many header fields, or too large
    ├── Unauthorized            401, an admin route without its token
    ├── RequestForbidden        403, a web page's request, or one for another host (421)
    ├── InternalError           500, a fault of the sidecar itself
    ├── ShuttingDown            503, the sidecar is stopping
    ├── TargetNotFound          404, no target of that name
    │   ├── TaskGroupNotFound   404, no task group, or no echelon, of that name
    │   └── PoolNotFound        404, no polling pool of that name
    ├── WrapperError            400, a wrapper cannot be what it is to be
    │   ├── WrapperNotFound     404, no wrapper of that name
    │   ├── WrapperExists       409, a wrapper of that name is there already
    │   └── WrapperExecution    409, a wrapper was removed, and a program still uses it
    ├── SingleTurnOnly          409, a conversation that was sent to a polling pool
    └── UpstreamError           nobody behind the target answered
        ├── NoModelAvailable    502, every attempt failed
        ├── OverEveryLimit      413, larger than the limits ever let through
        ├── Saturated           429, limits leave no room now
        ├── DeadlineExceeded    504, the request's time ran out
        ├── StreamInterrupted   502, a stream broke after its first content
        └── HealthCheckFailed   503, a target that was probed did not answer
"""

from pyproxy.errors.base import (
    AdmissionRefused,
    BindError,
    ConfigError,
    PyproxyError,
    RequestError,
)
from pyproxy.errors.own import (
    InternalError,
    ShuttingDown,
)
from pyproxy.errors.refused import (
    BodyTooLarge,
    HeadersTooLarge,
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    OperationUnavailable,
    PreviousResponseNotFound,
    RequestForbidden,
    RequestTimeout,
    Unauthorized,
    UnsupportedMediaType,
    Untranslatable,
    UpgradeRequired,
    UriTooLong,
)
from pyproxy.errors.targets import (
    PoolNotFound,
    SingleTurnOnly,
    TargetNotFound,
    TaskGroupNotFound,
)
from pyproxy.errors.upstream import (
    DeadlineExceeded,
    HealthCheckFailed,
    NoModelAvailable,
    OverEveryLimit,
    Saturated,
    StreamInterrupted,
    UpstreamError,
)
from pyproxy.errors.wrappers import (
    WrapperError,
    WrapperExecution,
    WrapperExists,
    WrapperNotFound,
)

__all__ = [
    "AdmissionRefused",
    "BindError",
    "BodyTooLarge",
    "ConfigError",
    "DeadlineExceeded",
    "HeadersTooLarge",
    "HealthCheckFailed",
    "InternalError",
    "InvalidRequest",
    "MethodNotAllowed",
    "NoModelAvailable",
    "NotFound",
    "OperationUnavailable",
    "OverEveryLimit",
    "PoolNotFound",
    "PreviousResponseNotFound",
    "PyproxyError",
    "RequestError",
    "RequestForbidden",
    "RequestTimeout",
    "Saturated",
    "ShuttingDown",
    "SingleTurnOnly",
    "StreamInterrupted",
    "TargetNotFound",
    "TaskGroupNotFound",
    "Unauthorized",
    "UnsupportedMediaType",
    "Untranslatable",
    "UpgradeRequired",
    "UpstreamError",
    "UriTooLong",
    "WrapperError",
    "WrapperExecution",
    "WrapperExists",
    "WrapperNotFound",
]
