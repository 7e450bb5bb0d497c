"""What every store must do, as tests: subclass, and say where stores come from.

::

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store_of(self, tmp_path):
            return lambda shop: MyStore(tmp_path / "my.db", shop)

`store_of` opens the store of a shop: the same name opens the same shop again, another name another
one, and at the beginning of a test all shops are empty.
"""

from distcore.testing.contracts.buyers import BuyersContract
from distcore.testing.contracts.compliance import OverridesContract
from distcore.testing.contracts.counts import CountsContract
from distcore.testing.contracts.coupons import CouponsContract, CouponTemplatesContract
from distcore.testing.contracts.decisions import (
    AdjustmentsContract,
    HoldsContract,
    OpeningsContract,
    SettlementPoliciesContract,
)
from distcore.testing.contracts.groups import GroupSalesContract, GroupsContract
from distcore.testing.contracts.kept import CommandsContract, PoliciesContract
from distcore.testing.contracts.ledger import BalancesContract, TransfersContract
from distcore.testing.contracts.money import MoneyContract
from distcore.testing.contracts.outbox import OutboxContract
from distcore.testing.contracts.payout import AccountsContract, PayoutsContract
from distcore.testing.contracts.periods import EarnedContract, PeriodRunsContract
from distcore.testing.contracts.pricing import PlacedOrdersContract, ProductsContract, TermsContract
from distcore.testing.contracts.recruiting import (
    ApplicationsContract,
    IdentitiesContract,
    PromotionCodesContract,
    TouchesContract,
)
from distcore.testing.contracts.sales import EarningsContract, PlansContract, ReleasesContract, SalesContract
from distcore.testing.contracts.seals import SealsContract
from distcore.testing.contracts.settlement import AssessmentsContract, ClosingsContract, DuesContract
from distcore.testing.contracts.tallies import TalliesContract
from distcore.testing.contracts.tiers import (
    BoughtContract,
    TierEvaluationsContract,
    TierPoliciesContract,
)
from distcore.testing.contracts.together import TogetherContract
from distcore.testing.contracts.transactions import TransactionContract
from distcore.testing.contracts.tree import MembersContract
from distcore.testing.contracts.whole import EngineContract

__all__ = [
    "AccountsContract",
    "AdjustmentsContract",
    "ApplicationsContract",
    "AssessmentsContract",
    "BalancesContract",
    "BoughtContract",
    "BuyersContract",
    "ClosingsContract",
    "CommandsContract",
    "CountsContract",
    "CouponTemplatesContract",
    "CouponsContract",
    "DuesContract",
    "EarnedContract",
    "EarningsContract",
    "EngineContract",
    "GroupSalesContract",
    "GroupsContract",
    "HoldsContract",
    "IdentitiesContract",
    "MembersContract",
    "MoneyContract",
    "OpeningsContract",
    "OutboxContract",
    "OverridesContract",
    "PayoutsContract",
    "PeriodRunsContract",
    "PlacedOrdersContract",
    "PlansContract",
    "PoliciesContract",
    "ProductsContract",
    "PromotionCodesContract",
    "ReleasesContract",
    "SalesContract",
    "SealsContract",
    "SettlementPoliciesContract",
    "StoreContract",
    "TalliesContract",
    "TermsContract",
    "TierEvaluationsContract",
    "TierPoliciesContract",
    "TogetherContract",
    "TouchesContract",
    "TransactionContract",
    "TransfersContract",
]


class StoreContract(
    TransactionContract,
    TogetherContract,
    CommandsContract,
    OutboxContract,
    PoliciesContract,
    MembersContract,
    IdentitiesContract,
    ApplicationsContract,
    PromotionCodesContract,
    TouchesContract,
    TierPoliciesContract,
    TierEvaluationsContract,
    BoughtContract,
    PeriodRunsContract,
    EarnedContract,
    PlansContract,
    OverridesContract,
    SalesContract,
    ReleasesContract,
    EarningsContract,
    BuyersContract,
    TalliesContract,
    TransfersContract,
    BalancesContract,
    SealsContract,
    SettlementPoliciesContract,
    CountsContract,
    CouponTemplatesContract,
    CouponsContract,
    DuesContract,
    ClosingsContract,
    AssessmentsContract,
    AdjustmentsContract,
    OpeningsContract,
    HoldsContract,
    AccountsContract,
    PayoutsContract,
    MoneyContract,
    GroupSalesContract,
    GroupsContract,
    PlacedOrdersContract,
    ProductsContract,
    TermsContract,
    EngineContract,
):
    """All of it."""
