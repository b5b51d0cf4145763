"""Sessions: how long a conversation stays with the instance that served it, and where that is written down."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from pyproxy.config.environment import process_environment
from pyproxy.config.paths import is_folder, resolved
from pyproxy.config.quantities import Count, Seconds, Text, Unit
from pyproxy.config.settings import Settings

MOST_SESSIONS = 100_000
"""More would make a start, and an admin page, take seconds."""


class SessionsConfig(Settings):
    """Conversations of several turns, each kept with the instance that served its last one.

    The file holds digests of session and response ids, names of targets, instances, models and providers, times and counts: no id as
    a client wrote it, no prompt and no answer.
    """

    enabled: bool = Field(default=True, description="Whether the turns of a session go to the same instance.", examples=[True])
    ttl: Seconds = Field(default=3600.0, description="How long a session is remembered after its last turn, in seconds.", examples=[3600])
    max_sessions: Annotated[Count, Field(le=MOST_SESSIONS), Unit("sessions")] = Field(
        default=10_000, description="Sessions remembered; beyond it the one that rested longest is forgotten.", examples=[10_000]
    )
    persist: bool = Field(
        default=True,
        description="Whether sessions outlive a restart, in a small SQLite file that holds digests and names, never a prompt.",
        examples=[True],
    )
    path: Text | None = Field(
        default=None,
        description="The file they are kept in; one that is relative lies beside the configuration. Not set: a file of its own for each "
        "configuration under `$STATE_DIRECTORY`, `$XDG_STATE_HOME/pyproxy` or `~/.local/state/pyproxy`.",
        examples=["/var/lib/pyproxy/sessions.db"],
    )


def sessions_file(settings: SessionsConfig, source: Path | None, environ: Mapping[str, str] | None = None) -> Path | None:
    """Return where sessions are written down, or None when they are kept in memory only.

    Two configurations never share a default file: its name carries a digest of the configuration's path. A configuration that lies
    nowhere has no default file.

    Args:
        settings: The section ``sessions``.
        source: The configuration's file or directory, if it has one.
        environ: Variables by name; those of the process if None.
    """
    if not (settings.enabled and settings.persist):
        return None
    if settings.path is not None:
        beside = Path() if source is None else source if is_folder(source) else source.parent
        return resolved(beside / settings.path)
    state = _state_folder(process_environment() if environ is None else environ)
    if source is None or state is None:
        return None
    digest = hashlib.blake2b(bytes(resolved(source)), digest_size=8, person=b"pyproxy.config").hexdigest()
    return state / f"sessions-{digest}.db"


def _state_folder(environ: Mapping[str, str]) -> Path | None:
    """Where a service manager says, where the desktop's convention says, or in the home; never a relative path."""
    given = environ.get("STATE_DIRECTORY", "").partition(":")[0]  # systemd separates several by colons
    if given.startswith("/"):
        return Path(given)
    for variable, below in (("XDG_STATE_HOME", "pyproxy"), ("HOME", ".local/state/pyproxy")):
        base = environ.get(variable, "")
        if base.startswith("/"):
            return Path(base, below)
    return None
