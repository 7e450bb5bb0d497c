"""``manage.py set_up``: give the shop its policy and its plan, which are documents beside the code."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone

import django_shop
from distcore.codec import Media, load_plan, load_policy
from distcore.engine import set_plan, set_policy
from distcore_sql.django import join

FOLDER = Path(django_shop.__file__).parent


class Command(BaseCommand):
    """Give the shop its policy and its plan; a second time does nothing."""

    help = "Gives the shop its policy and its plan."

    def handle(self, *args: Any, **options: Any) -> None:
        """Set both, or neither."""
        policy = load_policy((FOLDER / "policy.toml").read_bytes(), Media.TOML)
        plan = load_plan((FOLDER / "plan.toml").read_bytes(), Media.TOML)
        now = timezone.now()
        with transaction.atomic():
            tx = join(settings.SHOP)
            set_policy(tx, policy, at=now, actor="ops", key="first policy")
            set_plan(tx, plan, at=now, actor="ops", key="mall 1")
