"""For those who test with distcore, or write a store of their own: what our own tests are made of.

- `distcore.testing.builders`: named members, plans and sales, and a `Shop` that drives the verbs;
- `distcore.testing.money`: named dues, statements, accounts and payouts;
- `distcore.testing.story`: the life of a shop, from its first sale to a sealed quarter;
- `distcore.testing.contracts`: what every store must do, as pytest classes with one fixture;
- `distcore.testing.machine`: a random workload over the engine, watched by `distcore.testing.auditor`;
- `distcore.testing.machine_money`: random lives up to the payout, watched by three more auditors;
- `distcore.testing.walks`: the same workload in many worlds, or in those that Hypothesis draws;
- `distcore.testing.gateway`: a provider that keeps accounts of what it pays, and is bad to talk to;
- `distcore.testing.dump`: all that a shop remembers, as text to compare;
- `distcore.testing.strategies`, `distcore.testing.worlds`: Hypothesis strategies, for documents and for
  small worlds;
- `distcore.testing.canaries`, `distcore.testing.money_canaries`, `distcore.testing.period_canaries`: defects
  of the library on purpose, to show that the tests above can fail;
- `distcore.testing.store_canaries`: stores that are broken on purpose, to show that the contracts can fail;
- `distcore.testing.failures`: which test of a contract a store fails.

How to write a store, and prove it, is told in `docs/how-to/write-a-store.md`.

It needs the extra `testing` (pytest and hypothesis).
"""

import pytest

# The contracts assert in modules that pytest would not rewrite, and then could not explain.
pytest.register_assert_rewrite(
    "distcore.testing.agreement",
    "distcore.testing.contracts",
    "distcore.testing.machine",
    "distcore.testing.machine_money",
)
