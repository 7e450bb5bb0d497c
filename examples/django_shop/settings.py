"""The project's settings: what a shop needs, and nothing else."""

from pathlib import Path

from django.core.management.utils import get_random_secret_key

INSTALLED_APPS = ["distcore_sql.django", "django_shop"]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": Path(__file__).parent / "shop.db",
        # A transaction that writes takes its turn when it begins, and waits for it up to ten seconds
        # (Django 5.1; without it, it meets its rival at the first row, and is run again).
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10},
    },
}

ROOT_URLCONF = "django_shop.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
ALLOWED_HOSTS = ["localhost", "testserver"]
SECRET_KEY = get_random_secret_key()  # nothing is signed
USE_TZ = True

SHOP = "tea house"
"""The name under which distcore keeps the facts of this shop."""
