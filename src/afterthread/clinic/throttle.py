"""How often somebody may knock: only where a secret could be guessed, never between a patient and her check-in."""

from __future__ import annotations

from datetime import datetime

from django.core.cache import cache

from afterthread.clinic.cipher import fingerprint


def allow(name: str, who: str, *, limit: int, seconds: int, at: datetime) -> bool:
    """Whether `who` (an address, a device) may do `name` once more: at most `limit` times in each window of `seconds`.

    A cache that fails lets everybody through: a secret of 128 bits is safe without us, a locked-out patient is not.
    """
    window = int(at.timestamp()) // seconds
    key = f"throttle:{name}:{window}:{fingerprint(who)}"
    try:
        cache.add(key, 0, timeout=2 * seconds)
        return cache.incr(key) <= limit
    except Exception:  # noqa: BLE001 - any store can be behind the cache, and each fails in its own way
        return True
