"""A shop puts products into its catalog, and changes them.

The rule this file protects: a product is kept as it is given or not at all, and what was sold before keeps
its own prices.
"""

from collections.abc import Sequence

from distcore.catalog import Product, product_problems
from distcore.engine.accrue import currency_refusal, policy_of
from distcore.engine.once import called, decide_each, remember_all, sort_out
from distcore.kernel import Instant, Refusal, Report
from distcore.ports import Transaction

_VERB = "put_products"


def put_products(
    tx: Transaction, products: Sequence[Product], *, at: Instant, actor: str, key: str
) -> Report[Product]:
    """Put many products, each by itself, in the place of those with their SKUs.

    One that is there as it is given is left alone, and counts as repeated.  Every change of the catalog has a
    key of its own: under the same one a product that was changed meanwhile is not changed back.
    """
    call = called(at=at, actor=actor, key=key, of_batch=True)
    items = sort_out(tx, call, _VERB, products, kind=Product, id_of=_sku_of, problems_of=product_problems)
    if not items.fresh:
        return items.nothing_new()
    policy = policy_of(tx)
    there = tx.products.of({one.item.sku for one in items.fresh})

    def decide(product: Product) -> Product | Refusal | None:
        if product.currency not in policy.currencies:
            return currency_refusal(policy, product.currency)
        return None if there.get(product.sku) == product else product

    decided = decide_each(items, items.fresh, _VERB, _sku_of, decide)
    tx.products.put(decided.answers)
    remember_all(tx, call, _VERB, decided, _sku_of)
    return decided.report(decided.answers)


def _sku_of(product: Product) -> str:
    return product.sku
