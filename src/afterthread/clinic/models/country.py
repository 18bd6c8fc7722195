"""The number to call in an emergency, by country."""

from __future__ import annotations

from collections.abc import Mapping

EVERYWHERE = "112"
"""The number of the European Union, which mobile phones connect in most others too (3GPP TS 22.101)."""
NUMBERS: Mapping[str, str] = {
    "AE": "998", "AM": "112", "AR": "107", "AU": "000", "AZ": "113", "BR": "192", "BY": "103", "CA": "911", "CH": "144",
    "CL": "131", "CN": "120", "CO": "123", "GB": "999", "GE": "112", "HK": "999", "IL": "101", "IN": "112", "JP": "119",
    "KG": "103", "KR": "119", "KZ": "103", "MD": "112", "MX": "911", "MY": "999", "NZ": "111", "PH": "911", "RS": "194",
    "RU": "103", "SG": "995", "TH": "1669", "TR": "112", "TW": "119", "UA": "103", "US": "911", "UZ": "103",
    "VN": "115", "ZA": "10177",
}  # fmt: skip
"""The national ambulance numbers. Every clinic confirms its own in its settings before the first patient."""


def emergency_number(country: str) -> str:
    """The ambulance of a country (two letters), or the number that works in most."""
    return NUMBERS.get(country.upper(), EVERYWHERE)
