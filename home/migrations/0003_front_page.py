"""Put a front page with an empty list of neighbourhoods in place of Wagtail's welcome, on a site that has no other page yet."""

from django.conf import settings
from django.db import migrations
from django.utils import timezone


def lay_front_page(apps, schema_editor):
    Page = apps.get_model("wagtailcore", "Page")
    HomePage = apps.get_model("home", "HomePage")
    NeighbourhoodIndexPage = apps.get_model("places", "NeighbourhoodIndexPage")
    ContentType = apps.get_model("contenttypes", "ContentType")
    welcome = Page.objects.filter(depth=2).first()
    if welcome is None or Page.objects.count() != 2 or welcome.content_type.model != "page":
        return

    now = timezone.now()
    shown = {"live": True, "has_unpublished_changes": False, "first_published_at": now, "last_published_at": now}

    def kind(model):
        return ContentType.objects.get_or_create(app_label=model._meta.app_label, model=model._meta.model_name)[0]

    # The welcome page becomes the front page, so that the site and every right on it go on pointing at it.
    home = HomePage(page_ptr_id=welcome.pk)
    for field in Page._meta.concrete_fields:
        setattr(home, field.attname, getattr(welcome, field.attname))
    for name, value in shown.items():
        setattr(home, name, value)
    home.title = home.draft_title = "Schuif aan."
    home.slug, home.url_path = "voorpagina", "/voorpagina/"
    home.content_type, home.numchild = kind(HomePage), 1
    home.save()
    NeighbourhoodIndexPage.objects.create(
        title="Wijken",
        draft_title="Wijken",
        slug="wijken",
        url_path="/voorpagina/wijken/",
        path=home.path + "0001",
        depth=3,
        numchild=0,
        locale_id=home.locale_id,
        content_type=kind(NeighbourhoodIndexPage),
        **shown,
    )


class Migration(migrations.Migration):

    dependencies = [
        ("home", "0002_initial"),
        ("places", "0001_initial"),
        ("wagtailcore", "0098_apitoken"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.WAGTAIL_PAGE_MODEL),
    ]

    operations = [migrations.RunPython(lay_front_page, migrations.RunPython.noop)]
