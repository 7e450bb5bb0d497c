"""The tables of the shop itself."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    operations = [
        migrations.CreateModel(
            name="Order",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("buyer", models.CharField(max_length=128)),
                (
                    "state",
                    models.CharField(
                        choices=[("placed", "Placed"), ("paid", "Paid"), ("refunded", "Refunded")],
                        default="placed",
                        max_length=8,
                    ),
                ),
                ("paid_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OrderLine",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sku", models.CharField(max_length=128)),
                ("units", models.PositiveBigIntegerField()),
                ("net_minor", models.PositiveBigIntegerField()),
                (
                    "order",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="lines",
                        to="django_shop.order",
                    ),
                ),
            ],
        ),
    ]
