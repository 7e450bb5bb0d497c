"""Small periods to ask components about."""

from collections.abc import Mapping, Sequence

from distcore.commission import (
    Bracket,
    PeriodComponent,
    PeriodFacts,
    PeriodReason,
    PeriodValue,
    Standing,
    values_of,
)
from distcore.kernel import ComponentId, Downlines, MemberId, Rate, Rounding

LADDER = ComponentId("ladder")


def rate(text: str) -> Rate:
    return Rate.parse(text)


def brackets(**rates: str) -> tuple[Bracket, ...]:
    """Return brackets by where they begin: `brackets(_0="3%", _300="5%")`."""
    return tuple(Bracket(int(start[1:]), rate(each)) for start, each in rates.items())


def a_period(
    own: Mapping[str, int],
    *,
    sponsors: Mapping[str, str] | None = None,
    tiers: Mapping[str, str] | None = None,
    standings: Mapping[str, Standing] | None = None,
    earned: Mapping[str, Mapping[str, int]] | None = None,
    sold: Sequence[tuple[str, int]] = (),
    net: int | None = None,
    points: Mapping[str, int] | None = None,
    persons: Mapping[str, int] | None = None,
) -> PeriodFacts:
    """Return what is known of a period, by name: who bought how much, and who stands below whom."""
    names = sorted(own)
    above, place_of = sponsors or {}, {name: place for place, name in enumerate(names)}
    return PeriodFacts(
        [MemberId(name) for name in names],
        Downlines.of([place_of[above[name]] if name in above else -1 for name in names]),
        [(tiers or {}).get(name, "") for name in names],
        [(standings or {}).get(name, Standing.ACTIVE) for name in names],
        [own[name] for name in names],
        sum(own.values()) if net is None else net,
        {ComponentId(id): [amounts.get(name, 0) for name in names] for id, amounts in (earned or {}).items()},
        [(place_of[name], each) for name, each in sold],
        () if points is None else [points.get(name, 0) for name in names],
        {place_of[name]: person for name, person in (persons or {}).items()},
    )


def value_of(component: PeriodComponent, facts: PeriodFacts) -> PeriodValue:
    (value,) = values_of([component], facts, Rounding.HALF_UP)
    return value


def paid_by(component: PeriodComponent, facts: PeriodFacts) -> dict[str, int]:
    """Return what each gets, without those who get nothing."""
    amounts = value_of(component, facts).amounts
    return {name: amount for name, amount in zip(facts.members, amounts, strict=True) if amount}


def reasons_of(component: PeriodComponent, facts: PeriodFacts) -> dict[str, PeriodReason | None]:
    value = value_of(component, facts)
    return {name: value.why_not(place, Rounding.HALF_UP) for place, name in enumerate(facts.members)}
