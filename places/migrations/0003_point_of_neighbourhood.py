"""A page of a neighbourhood says where it is; the rows that an import filled give theirs."""

import django.core.validators
from django.db import migrations, models


def take_over(apps, schema_editor):
    for page in apps.get_model("places", "NeighbourhoodPage").objects.exclude(neighbourhood=None).select_related("neighbourhood"):
        page.latitude, page.longitude = page.neighbourhood.latitude, page.neighbourhood.longitude
        page.save(update_fields=["latitude", "longitude"])


class Migration(migrations.Migration):
    dependencies = [("places", "0002_chair")]

    operations = [
        migrations.AddField(
            model_name="neighbourhoodpage",
            name="latitude",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(-90), django.core.validators.MaxValueValidator(90)],
                verbose_name="breedtegraad",
            ),
        ),
        migrations.AddField(
            model_name="neighbourhoodpage",
            name="longitude",
            field=models.FloatField(
                blank=True,
                null=True,
                validators=[django.core.validators.MinValueValidator(-180), django.core.validators.MaxValueValidator(180)],
                verbose_name="lengtegraad",
            ),
        ),
        migrations.RunPython(take_over, migrations.RunPython.noop),
    ]
