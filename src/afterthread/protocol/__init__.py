"""What we know, and from whom: the knowledge as data, read strictly and whole."""

from afterthread.protocol.load import ProtocolError, load, shipped
from afterthread.protocol.model import UNKNOWN, Protocol, Urgency

__all__ = ["UNKNOWN", "Protocol", "ProtocolError", "Urgency", "load", "shipped"]
