"""Conversations of several turns, each kept with the instance that served its last one.

A provider caches the prompt it has just read, and signs the reasoning it has just done; both are lost where the next turn goes elsewhere.
`Sessions` remembers in memory who served whom, and `SessionKeeper` writes it down so that a restart does not forget it.
"""

from pyproxy.sessions.affinity import Affinity, affinity_of, served
from pyproxy.sessions.identity import response_key, session_id, session_key
from pyproxy.sessions.keeper import SessionKeeper
from pyproxy.sessions.memory import Sessions
from pyproxy.sessions.pins import Change, Kept, Origin, Page, Pin, Place, SessionView

__all__ = [
    "Affinity",
    "Change",
    "Kept",
    "Origin",
    "Page",
    "Pin",
    "Place",
    "SessionKeeper",
    "SessionView",
    "Sessions",
    "affinity_of",
    "response_key",
    "served",
    "session_id",
    "session_key",
]
