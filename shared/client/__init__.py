"""The client of a dream server: no threads, no callbacks; whoever owns it calls ``pump`` and looks."""

from .client import Client
from .connection import ConnectionState, ServerInfo
from .dream import DreamState, RemoteDream

__all__ = ["Client", "ConnectionState", "DreamState", "RemoteDream", "ServerInfo"]
