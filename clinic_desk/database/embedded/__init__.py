"""The embedded PostgreSQL server: own runner over shipped binaries, shared by all programs on one data folder.

`join()` gives a membership; the last one to leave stops the server. What lies in a data folder is described by
`folder.Folder`. The server listens on 127.0.0.1 only, with SCRAM for everybody; it is never offered to the network.
"""

from __future__ import annotations

from clinic_desk.database.embedded.cluster import ServerAddress, Step
from clinic_desk.database.embedded.problems import EmbeddedServerError, OlderServer, Problem
from clinic_desk.database.embedded.server import EmbeddedServer, default_folder, join

__all__ = [
    "EmbeddedServer",
    "EmbeddedServerError",
    "OlderServer",
    "Problem",
    "ServerAddress",
    "Step",
    "default_folder",
    "join",
]
