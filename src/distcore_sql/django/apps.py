"""What `INSTALLED_APPS` takes: an app without models, whose tables are made by a command of its own."""

from django.apps import AppConfig


class DistcoreConfig(AppConfig):
    """The app `distcore_sql.django`; its last word alone would be a bad label."""

    name = "distcore_sql.django"
    label = "distcore"
    verbose_name = "distcore"
