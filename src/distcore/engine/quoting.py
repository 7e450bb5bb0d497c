"""What a cart costs in a shop: products and terms are looked up, `pricing.quote` decides.

The rule this file protects: a client says what it wants, never what it costs; and what it agreed to is what
it pays, or it is told what changed.  Nothing is written.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve

from distcore.catalog import OffShelf, Product, off_shelf, shelf_refusal
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import check
from distcore.kernel import (
    InputError,
    Instant,
    Problem,
    RefusedError,
    ShopPolicy,
    Sku,
    int_problem,
    limits,
    shown,
    utc,
)
from distcore.ports import Transaction
from distcore.pricing import (
    Book,
    Cart,
    Current,
    Goods,
    PriceOf,
    Quote,
    Tax,
    Wanted,
    cart_of,
    cart_problems,
    excess_refusal,
    price_refusal,
    quote,
    wanted_problems,
)
from distcore.pricing import refusals as no

QUOTE_MINUTES: Final = 30
"""For how long a quote is good, where nobody says otherwise."""

TOLD_AFTER: Final = timedelta(days=1)
"""For how long a quote says of offers and price lists that they are over: whoever missed them asks soon."""


def quote_cart(tx: Transaction, wanted: Wanted, *, at: Instant, minutes: int = QUOTE_MINUTES) -> Quote:
    """Return what a cart costs at an instant, and why, in the zone of the shop; good for some minutes.

    It takes four statements, whatever the size of the cart.  What has been over for a day is left out, but
    for offers whose coupons are in the cart: those are told.  Raises `InputError`, and `RefusedError` for
    products that are unknown or not on the shelf, all of them named, for those in another currency, and for
    what a price list, a freight template or an offer makes of the cart that is more than an amount may be.
    """
    instant = utc(at, "at")
    problems = wanted_problems(wanted)
    if problems:
        raise InputError(problems)
    check(int_problem(minutes, "minutes", least=1, most=limits.QUOTE_MINUTES_MAX))
    policy = policy_of(tx)
    if wanted.currency not in policy.currencies:
        raise RefusedError(currency_refusal(policy, wanted.currency))
    skus = {line.sku for line in wanted.lines}
    cart = _cart(wanted, tx.products.of(skus), instant)
    current = tx.terms.current(at=instant - TOLD_AFTER, also=wanted.coupons)
    book = _book(tx, wanted, skus, current, policy)
    offers = [each.value for each in current.offers]
    found = quote(cart, book, offers, at=instant, valid_until=instant + timedelta(minutes=minutes))
    refusal = excess_refusal(found, offers)
    if refusal is not None:
        raise RefusedError(refusal)
    return found


def checkout_quote(
    tx: Transaction,
    wanted: Wanted,
    terms_hash: bytes,
    *,
    agreed_minor: int,
    at: Instant,
    minutes: int = QUOTE_MINUTES,
) -> Quote:
    """Quote a cart again for a buyer who agreed to terms; refused where they are others by now.

    `terms_hash` is `pricing.terms_of` the quote that the buyer saw, and `agreed_minor` what it said is to be
    paid: it is compared as well, and the refusal names it beside what is to be paid now.
    """
    check_agreement(wanted, terms_hash, agreed_minor)
    found = quote_cart(tx, wanted, at=at, minutes=minutes)
    refusal = price_refusal(found, terms_hash, agreed_minor)
    if refusal is not None:
        raise RefusedError(refusal)
    return found


def check_agreement(wanted: Wanted, terms_hash: bytes, agreed_minor: int) -> None:
    """Raise what is wrong with what a buyer is said to have agreed to."""
    amount = int_problem(agreed_minor, "agreed_minor", least=0, most=limits.TOTAL_MINOR_MAX)
    hashed = None if type(terms_hash) is bytes else Problem("terms_hash", f"not bytes: {shown(terms_hash)}")
    check(hashed, amount, *wanted_problems(wanted))


def _cart(wanted: Wanted, products: Mapping[Sku, Product], at: Instant) -> Cart:
    """Return the cart with the goods of the shop, or raise what keeps them from being sold."""
    missing: dict[str, OffShelf | None] = {
        line.sku: None for line in wanted.lines if line.sku not in products
    }
    for sku, product in products.items():
        why = off_shelf(product, at)
        if why is not None:
            missing[sku] = why
    refusal = shelf_refusal(missing)
    if refusal is not None:
        raise RefusedError(refusal)
    others = sorted(
        [f"{each.sku} ({each.currency})" for each in products.values() if each.currency != wanted.currency]
    )
    if others:
        raise RefusedError(no.MIXED_CURRENCIES.refuse(currency=wanted.currency, products=", ".join(others)))
    cart = cart_of(wanted, {sku: _goods(product) for sku, product in products.items()})
    problems = cart_problems(cart)
    if problems:
        raise InputError(problems)
    return cart


def _goods(product: Product) -> Goods:
    """Return a product as pricing knows it."""
    return Goods(
        product.sku,
        product.list_minor,
        product.floor_minor,
        product.category,
        product.brand,
        product.tags,
        product.weight_grams,
        product.freight,
        None if product.tax_rate is None else Tax(product.tax_rate, product.tax_included),
    )


def _book(tx: Transaction, wanted: Wanted, skus: set[Sku], current: Current, policy: ShopPolicy) -> Book:
    """Return what holds in the currency of a cart, with the prices of its products alone."""
    currency = wanted.currency
    lists = [each for each in current.lists if each.value.currency == currency]
    numbers = {each.value.id: each.number for each in lists}
    prices = tx.terms.prices(numbers, skus, wanted.shopper.member)
    points = [each.value.policy for each in current.points if each.value.currency == currency]
    by_list: dict[str, list[PriceOf]] = {each.value.id: [] for each in lists}
    for asked in prices:
        by_list[asked.price_list].append(asked.price)
    held = [evolve(each.value, prices=tuple(by_list[each.value.id])) for each in lists]
    return Book(
        currency,
        policy.zone,
        tuple(held),
        tuple([each.value for each in current.templates if each.value.currency == currency]),
        points[0] if points else None,
        {(each.price_list, each.price.sku): each.sold for each in prices},
    )
