"""A basket of django-oscar, with offers and a voucher, in SQLite in this process: the peer of a quote."""

import warnings
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module
from typing import Any, TypeAlias

Line: TypeAlias = tuple[int, int]
"""What a unit costs in cents, and how many there are."""

Terms: TypeAlias = tuple[str, int, str, int | None]
"""The type and the value of a condition, and of a benefit."""

_ROOMS = (
    "analytics:Analytics checkout:Checkout address:Address shipping:Shipping catalogue:Catalogue "
    "catalogue.reviews:CatalogueReviews communication:Communication partner:Partner basket:Basket "
    "payment:Payment offer:Offer order:Order customer:Customer search:Search voucher:Voucher "
    "wishlists:Wishlists dashboard:Dashboard dashboard.reports:ReportsDashboard "
    "dashboard.users:UsersDashboard dashboard.orders:OrdersDashboard "
    "dashboard.catalogue:CatalogueDashboard dashboard.offers:OffersDashboard "
    "dashboard.partners:PartnersDashboard dashboard.pages:PagesDashboard dashboard.ranges:RangesDashboard "
    "dashboard.reviews:ReviewsDashboard dashboard.vouchers:VouchersDashboard "
    "dashboard.communications:CommunicationsDashboard dashboard.shipping:ShippingDashboard"
)
_DJANGO = "auth contenttypes sessions sites messages staticfiles flatpages"


def start() -> None:
    """Set the peer up in memory, with its own defaults."""
    settings = import_module("django.conf").settings
    defaults = import_module("oscar.defaults")
    own = {name: getattr(defaults, name) for name in dir(defaults) if name.isupper()}
    rooms = [each.split(":") for each in _ROOMS.split()]
    settings.configure(
        **own
        | {
            "OSCAR_DEFAULT_CURRENCY": "CNY",
            "INSTALLED_APPS": [
                *(f"django.contrib.{name}" for name in _DJANGO.split()),
                "oscar.config.Shop",
                *(f"oscar.apps.{path}.apps.{name}Config" for path, name in rooms),
                "widget_tweaks",
                "haystack",
                "treebeard",
                "django_tables2",
            ],
            "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
            "HAYSTACK_CONNECTIONS": {"default": {"ENGINE": "haystack.backends.simple_backend.SimpleEngine"}},
            "SECRET_KEY": "benchmark",
            "SITE_ID": 1,
            "USE_TZ": True,
            "DEFAULT_AUTO_FIELD": "django.db.models.AutoField",
        }
    )
    import_module("django").setup()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its search backend warns of what it does not do
        import_module("django.core.management").call_command("migrate", verbosity=0)


def publish(offers: Sequence[Terms], voucher: Terms | None) -> Any:
    """Publish offers for everything, the first one first; return a voucher, if one is wanted."""
    made = [_offer(f"offer {place}", each, -place, "Site") for place, each in enumerate(offers)]
    assert len(made) == len(offers)
    if voucher is None:
        return None
    now = datetime.now(UTC)
    found = _model("voucher", "Voucher").objects.create(
        name="voucher",
        code="VOUCHER",
        start_datetime=now - timedelta(days=1),
        end_datetime=now + timedelta(days=1),
    )
    found.offers.add(_offer("of the voucher", voucher, 0, "Voucher"))
    return found


def withdraw() -> None:
    """Take back all offers."""
    _model("offer", "ConditionalOffer").objects.all().delete()


def basket(lines: Sequence[Line], voucher: Any) -> Any:
    """Return a basket with so many units of a product for each line, as it comes out of the database."""
    kind, _ = _model("catalogue", "ProductClass").objects.get_or_create(
        name="goods", defaults={"track_stock": False, "requires_shipping": False}
    )
    partner, _ = _model("partner", "Partner").objects.get_or_create(name="shop")
    made = _model("basket", "Basket").objects.create()
    made.strategy = import_module("oscar.apps.partner.strategy").Selector().strategy()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for place, (price, units) in enumerate(lines):
            product, is_new = _model("catalogue", "Product").objects.get_or_create(
                title=f"sku {place}", product_class=kind
            )
            if is_new:
                _model("partner", "StockRecord").objects.create(
                    product=product,
                    partner=partner,
                    partner_sku=f"sku {place}",
                    price=Decimal(price) / 100,
                    price_currency="CNY",
                )
            made.add_product(product, units)
    if voucher is not None:
        made.vouchers.add(voucher)
    return made


def loaded(known: Any) -> Any:
    """Return a basket anew, with nothing known of it but its key."""
    found = _model("basket", "Basket").objects.get(pk=known.pk)
    found.strategy = known.strategy
    return found


def apply(of: Any) -> Decimal:
    """Apply all offers to a basket; return what is to be paid."""
    import_module("oscar.apps.offer.applicator").Applicator().apply(of)
    total: Decimal = of.total_excl_tax
    return total


def queries(work: Any) -> int:
    """Return how many queries some work takes."""
    connection = import_module("django.db").connection
    capture = import_module("django.test.utils").CaptureQueriesContext(connection)
    with capture:
        work()
    return len(capture)


def _offer(name: str, of: Terms, priority: int, kind: str) -> Any:
    everything, _ = _model("offer", "Range").objects.get_or_create(
        name="everything", includes_all_products=True
    )
    condition, least, benefit, value = of
    return _model("offer", "ConditionalOffer").objects.create(
        name=name,
        offer_type=kind,
        exclusive=False,
        priority=priority,
        max_basket_applications=1,
        condition=_model("offer", "Condition").objects.create(range=everything, type=condition, value=least),
        benefit=_model("offer", "Benefit").objects.create(range=everything, type=benefit, value=value),
    )


def _model(room: str, name: str) -> Any:
    return import_module("oscar.core.loading").get_model(room, name)
