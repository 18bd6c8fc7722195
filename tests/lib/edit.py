"""Changes a protocol on purpose, entry by entry, so that a test can say what would be wrong."""

from dataclasses import replace
from typing import Any

from afterthread.protocol.model import Entry, Protocol


def changed(protocol: Protocol, key: str, **fields: Any) -> Protocol:
    """The protocol with some fields of one entry (``rule.breathing``) set anew."""
    section, _, id = key.partition(".")
    return having(protocol, replace(protocol[section][id], **fields))


def having(protocol: Protocol, *entries: Entry) -> Protocol:
    """The protocol with these entries in it, in place of others of their name."""
    sections = dict(protocol.entries)
    for entry in entries:
        sections[entry.section] = {**sections[entry.section], entry.id: entry}
    return replace(protocol, entries=sections)


def without(protocol: Protocol, *keys: str) -> Protocol:
    """The protocol with these entries taken out."""
    sections = {
        section: {id: entry for id, entry in entries.items() if f"{section}.{id}" not in keys}
        for section, entries in protocol.entries.items()
    }
    return replace(protocol, entries=sections)
