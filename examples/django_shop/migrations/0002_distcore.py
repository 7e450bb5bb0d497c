"""The tables of distcore, made by `migrate` as well, for the databases of Django's own tests."""

from typing import Any

from django.core.management import call_command
from django.db import migrations


def upgrade(_apps: Any, editor: Any) -> None:
    """Do what `manage.py distcore_upgrade` does after each update of distcore."""
    call_command("distcore_upgrade", database=editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    """After the shop's own tables; nothing of distcore is undone."""

    dependencies = [("django_shop", "0001_initial")]
    operations = [migrations.RunPython(upgrade, migrations.RunPython.noop)]
