"""What amounts say about people: how they are spread, and who gains or loses by a change.

It knows amounts and payees, and neither plans nor sales: whoever asks adds up first.

>>> spread = distribution([1000, 200, 200, 100])
>>> spread.mean_minor, spread.median_minor, spread.gini_ppm
(375, 200, 450000)
>>> found = compare({"ann": 100, "ben": 50}, {"ann": 120, "cai": 5})
>>> found.gaining, found.losing, found.gained_minor, found.lost_minor
(2, 1, 25, 50)
>>> [(each.payee, each.change_minor) for each in found.largest]
[('ben', -50), ('ann', 20), ('cai', 5)]
"""

from distcore.analytics.comparison import LARGEST, Comparison, Movement, compare, movements
from distcore.analytics.distribution import (
    NOBODY,
    QUANTILES,
    TOP,
    Distribution,
    Quantile,
    distribution,
    gini_ppm,
    quantile,
    share_ppm,
)

__all__ = [
    "LARGEST",
    "NOBODY",
    "QUANTILES",
    "TOP",
    "Comparison",
    "Distribution",
    "Movement",
    "Quantile",
    "compare",
    "distribution",
    "gini_ppm",
    "movements",
    "quantile",
    "share_ppm",
]
