"""Currencies and how many decimals they have, after ISO 4217.

The one rule this file protects: one table, and it is ISO's.  Display libraries differ from it
(for 13 currencies in Babel), and an amount read with another exponent is wrong by a factor of ten.

The table holds the active codes that have a minor unit: no metals, funds for testing, or "no currency".
Points are a currency too.  A test compares it with the published list.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NewType

from distcore.kernel.outcome import InputError, Problem, shown

Currency = NewType("Currency", str)
"""A code of the table below, in capitals."""

POINT: Final = Currency("POINT")
"""Loyalty points, which have no fractions."""

_CODES: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW POINT PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: (
        "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF "
        "CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL "
        "MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
        "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP "
        "TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG"
    ),
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {code: exponent for exponent, codes in _CODES.items() for code in codes.split()}
)
"""Decimals of a major unit, by code."""


def currency_problem(value: object, where: str) -> Problem | None:
    """Return what is wrong with a currency code, or None."""
    if isinstance(value, str) and value in EXPONENTS:
        return None
    return Problem(where, f"unknown currency: {shown(value)}", "an ISO 4217 code like CNY, or POINT")


def exponent_of(code: str, where: str = "") -> int:
    """Return how many decimals the currency has; an unknown one is an InputError."""
    if problem := currency_problem(code, where):
        raise InputError((problem,))
    return EXPONENTS[code]
