"""Editors at work in the CMS: making, previewing, copying, moving and removing pages of wijken and plekken."""

from __future__ import annotations

from datetime import date, time
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission
from wagtail.test.utils.form_data import inline_formset, nested_form_data, streamfield

from places.models import Contact, Neighbourhood, NeighbourhoodPage, OpeningHours, Place, PlacePage
from tests.staff import signed_in

OUTLINE = {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.47, 51.91], [4.47, 51.92], [4.46, 51.91]]]}
TAKEN = "Dit adres is al van een andere wijk of plek"


@pytest.fixture
def editor(admin_user) -> Client:
    return signed_in(admin_user)


@pytest.fixture
def oude_westen(index) -> NeighbourhoodPage:
    return index.add_child(instance=NeighbourhoodPage(title="Oude Westen", slug="oude-westen"))


@pytest.fixture
def cool(index) -> NeighbourhoodPage:
    return index.add_child(instance=NeighbourhoodPage(title="Cool", slug="cool"))


@pytest.fixture
def leeszaal(oude_westen) -> PlacePage:
    page = PlacePage(title="Leeszaal", slug="leeszaal", street="Rijnhoutplein 3")
    page.contacts = [Contact(first_name="Fatima")]
    return oude_westen.add_child(instance=page)


def place(**changed: Any) -> dict[str, Any]:
    """What the form of a place posts."""
    empty = ("lead photo photo_alt street postcode latitude longitude note step_free toilet hearing quiet_corner transport assistance_dog "
             "languages children costs checked_by checked_on seo_title search_description go_live_at expire_at")  # fmt: skip
    rows = {name: inline_formset([]) for name in ("opening_hours", "other_hours", "contacts", "comments")}
    return nested_form_data(
        dict.fromkeys(empty.split(), "") | {"title": "Odeon", "slug": "odeon", "body": streamfield([])} | rows | changed
    )


def neighbourhood(**changed: Any) -> dict[str, Any]:
    """What the form of a neighbourhood posts."""
    empty = "lead area floor latitude longitude how_we_do_it seo_title search_description go_live_at expire_at"
    fixed = {"title": "Cool", "slug": "cool", "body": streamfield([]), "comments": inline_formset([])}
    return nested_form_data(dict.fromkeys(empty.split(), "") | fixed | changed)


@pytest.fixture
def of_oude_westen(oude_westen) -> Client:
    """Someone with the rights that README gives an editor of one wijk."""
    group = Group.objects.create(name="Oude Westen")
    group.permissions.add(Permission.objects.get(codename="access_admin"))
    for codename in ("change_page", "publish_page"):
        GroupPagePermission.objects.create(
            group=group, page=oude_westen, permission=Permission.objects.get(content_type__app_label="wagtailcore", codename=codename)
        )
    pictures = Collection.get_first_root_node().add_child(instance=Collection(name="Oude Westen"))
    for codename in ("add_image", "choose_image"):
        permission = Permission.objects.get(content_type__app_label="wagtailimages", codename=codename)
        GroupCollectionPermission.objects.create(group=group, collection=pictures, permission=permission)
    user = User.objects.create_user("eva", "eva@example.org")
    user.groups.add(group)
    return signed_in(user)


def test_an_editor_of_one_wijk_adds_a_picture_and_chooses_it_for_a_place(of_oude_westen, leeszaal):
    collection = Collection.objects.get(name="Oude Westen").pk
    elsewhere = get_image_model().objects.create(title="Van een ander", file=get_test_image_file())
    facade = SimpleUploadedFile("gevel.png", get_test_image_file(size=(30, 20)).file.getvalue(), "image/png")
    prefix = "image-chooser-upload-"
    values = {"title": "gevel", "description": "De gevel.", "collection": collection, "file": facade}

    assert of_oude_westen.get("/cms/images/").status_code == 200
    added = of_oude_westen.post("/cms/images/chooser/create/", {prefix + name: value for name, value in values.items()}).json()
    picked = of_oude_westen.get("/cms/images/chooser/").json()["html"]
    where = f"/cms/pages/{leeszaal.pk}/edit/"
    form = place(title="Leeszaal", slug="leeszaal", photo=added["result"]["id"], photo_alt="De gevel.")
    saved = of_oude_westen.post(where, form | {"action-publish": "1"})

    assert saved.status_code == 302
    assert PlacePage.objects.get(pk=leeszaal.pk).photo.description == "De gevel."
    assert ["gevel" in picked, elsewhere.title in picked] == [True, False]


def test_an_editor_makes_a_place_with_hours_and_someone_with_hours_of_their_own(editor, oude_westen, client):
    walk_in = inline_formset([{"week": "0", "weekday": "1", "since": "10:00", "until": "13:00"}])
    fatima = {"first_name": "Fatima", "perspective": "bewoner", "about": "", "where": "", "phone": "", "phone_hours": ""}
    form = place(
        opening_hours=inline_formset([{"weekday": "1", "since": "10:00", "until": "17:00"}]),
        contacts=inline_formset([fatima | {"walk_in_hours": walk_in}]),
    )

    answer = editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", form | {"action-publish": "1"})

    assert answer.status_code == 302
    page = client.get("/wijken/oude-westen/odeon/").content.decode()
    assert "10:00\u00a0–\u00a017:00" in page
    assert "Dinsdag, 10:00\u00a0–\u00a013:00" in page


def other_hours(**changed: str) -> dict[str, Any]:
    return {"other_hours": inline_formset([{"first_on": "25-12-2036", "last_on": "", "since": "", "until": "", "note": ""} | changed])}


@pytest.mark.parametrize("typed", ["25-12-2036", "2036-12-25"])
def test_christmas_is_read_the_dutch_way_and_shown_so(editor, oude_westen, typed):
    editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", place(**other_hours(first_on=typed)) | {"action-publish": "1"})

    page = PlacePage.objects.get()
    assert page.other_hours.get().first_on == date(2036, 12, 25)
    assert 'value="25-12-2036"' in editor.get(f"/cms/pages/{page.pk}/edit/").content.decode()


def test_what_is_no_day_is_refused_in_the_form_of_a_place(editor, oude_westen):
    form = place(**other_hours(first_on="32-12-2036")) | {"action-publish": "1"}

    answer = editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", form)

    assert "Voer een geldige datum in." in answer.content.decode()
    assert not PlacePage.objects.exists()


def rows_with(kind: str, since: str, until: str) -> dict[str, Any]:
    """The rows of one ``kind`` of hours, as the form of a place posts them."""
    if kind == "opening_hours":
        return {kind: inline_formset([{"weekday": "1", "since": since, "until": until}])}
    if kind == "other_hours":
        return other_hours(since=since, until=until)
    walk_in = inline_formset([{"week": "0", "weekday": "1", "since": since, "until": until}])
    contact = {"first_name": "Fatima", "perspective": "", "about": "", "where": "", "phone": "", "phone_hours": "", kind: walk_in}
    return {"contacts": inline_formset([contact])}


@pytest.mark.parametrize("kind", ["opening_hours", "other_hours", "walk_in_hours"])
@pytest.mark.parametrize(("since", "until"), [("10:00", "09:00"), ("09:00", "01:01"), ("17:00", "16:59")])
def test_times_that_must_have_been_swapped_are_refused_with_a_sentence(editor, oude_westen, kind, since, until):
    form = place(**rows_with(kind, since, until)) | {"action-publish": "1"}

    answer = editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", form)

    assert f"Van {since} tot {until} is meer dan 16 uur. Kijk de tijden na." in answer.content.decode()
    assert not PlacePage.objects.exists()


@pytest.mark.parametrize("kind", ["opening_hours", "other_hours", "walk_in_hours"])
@pytest.mark.parametrize(("since", "until"), [("22:00", "02:00"), ("00:00", "00:00"), ("08:00", "00:00")])
def test_a_night_a_whole_day_and_sixteen_hours_are_fine(editor, oude_westen, kind, since, until):
    form = place(**rows_with(kind, since, until)) | {"action-publish": "1"}

    assert editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", form).status_code == 302


def test_a_draft_that_is_published_later_writes_its_row_as_it_is_then(editor, oude_westen):
    editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", place())
    page = PlacePage.objects.get()

    editor.post(f"/cms/pages/{page.pk}/edit/", place(slug="odeon-west", street="Gouvernestraat 56") | {"action-publish": "1"})

    row = Place.objects.get()
    assert (row.slug, row.street) == ("odeon-west", "Gouvernestraat 56")


def test_an_address_of_another_place_is_refused_in_the_form(editor, leeszaal, cool):
    answer = editor.post(f"/cms/pages/add/places/placepage/{cool.pk}/", place(slug="leeszaal") | {"action-publish": "1"})

    assert answer.status_code == 200
    assert TAKEN in answer.content.decode()


@pytest.mark.parametrize(("field", "value"), [("title", "O" * 121), ("slug", "o" * 81)])
def test_what_is_too_long_for_the_row_is_refused_in_the_form(editor, oude_westen, field, value):
    answer = editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", place(**{field: value}) | {"action-publish": "1"})

    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() == {field}


def test_a_place_is_previewed_before_it_is_saved(editor, oude_westen):
    Neighbourhood.objects.update(outline=OUTLINE)
    where = f"/cms/pages/add/places/placepage/{oude_westen.pk}/preview/"
    assert editor.post(where, place(latitude="51.912", longitude="4.466")).json() == {"is_valid": True, "is_available": True}

    shown = editor.get(where)

    assert "<h1>Odeon</h1>" in shown.content.decode()
    assert '<circle class="pin"' in shown.content.decode()
    assert not Place.objects.exists()


def test_a_neighbourhood_is_previewed_before_it_is_saved(editor, index):
    where = f"/cms/pages/add/places/neighbourhoodpage/{index.pk}/preview/"
    assert editor.post(where, neighbourhood()).json()["is_valid"]

    assert "<h1>Cool</h1>" in editor.get(where).content.decode()


def test_a_wijk_gets_a_point_on_the_map_in_the_cms(editor, cool):
    editor.post(f"/cms/pages/{cool.pk}/edit/", neighbourhood(latitude="51.918", longitude="4.476") | {"action-publish": "1"})

    row = Neighbourhood.objects.get()
    assert (row.latitude, row.longitude) == (51.918, 4.476)


def test_half_a_point_of_a_wijk_is_refused_with_a_sentence(editor, cool):
    answer = editor.post(f"/cms/pages/{cool.pk}/edit/", neighbourhood(latitude="51.918") | {"action-publish": "1"})

    assert "Vul breedtegraad en lengtegraad allebei in, of geen van de twee." in answer.content.decode()


def test_a_revision_of_before_a_wijk_had_a_point_takes_none_away(cool):
    cool.latitude, cool.longitude = 51.918, 4.476
    cool.save()
    revision = cool.save_revision()
    for name in ("latitude", "longitude"):
        del revision.content[name]
    revision.save()

    revision.publish()

    row = Neighbourhood.objects.get()
    assert (row.latitude, row.longitude) == (51.918, 4.476)


def test_a_page_of_before_a_wijk_had_a_point_takes_over_that_of_its_row(cool):
    Neighbourhood.objects.update(latitude=51.918, longitude=4.476)

    import_module("places.migrations.0003_point_of_neighbourhood").take_over(apps, None)

    cool.refresh_from_db()
    assert (cool.latitude, cool.longitude) == (51.918, 4.476)


def test_a_preview_shows_what_was_typed_and_saves_nothing(editor, leeszaal):
    where = f"/cms/pages/{leeszaal.pk}/edit/preview/"
    editor.post(where, place(title="Leeszaal West", slug="leeszaal", street="Elders 1"))

    assert "Elders 1" in editor.get(where).content.decode()
    assert Place.objects.get().street == "Rijnhoutplein 3"


def copy(editor: Client, page: Any, to: Any, slug: str, **choices: str) -> Any:
    form = {"new_title": "Kopie", "new_slug": slug, "new_parent_page": to.pk, "copy_subpages": "", "publish_copies": "on", "alias": ""}
    return editor.post(f"/cms/pages/{page.pk}/copy/", form | choices, follow=True)


def test_a_copied_place_is_another_place(editor, leeszaal, cool):
    copy(editor, leeszaal, cool, "kopie")

    assert {(row.slug, row.name, row.neighbourhood.slug) for row in Place.objects.all()} == {
        ("leeszaal", "Leeszaal", "oude-westen"),
        ("kopie", "Kopie", "cool"),
    }


def test_publishing_a_copy_leaves_the_first_as_it_is(editor, leeszaal, oude_westen):
    leeszaal.save_revision()
    copy(editor, leeszaal, oude_westen, "kopie", publish_copies="")

    PlacePage.objects.get(slug="kopie").get_latest_revision().publish()

    assert set(Place.objects.values_list("slug", "name")) == {("leeszaal", "Leeszaal"), ("kopie", "Kopie")}


def test_a_copy_at_an_address_of_another_place_is_refused_with_a_sentence(editor, leeszaal, cool):
    answer = copy(editor, leeszaal, cool, "leeszaal")

    assert TAKEN in answer.content.decode()
    assert PlacePage.objects.count() == 1


@pytest.mark.parametrize("published", ["on", ""])
def test_a_neighbourhood_copied_with_its_places_gives_them_addresses_of_their_own(editor, leeszaal, oude_westen, index, published):
    leeszaal.save_revision()

    copy(editor, oude_westen, index, "kopie", copy_subpages="on", publish_copies=published)

    twin = PlacePage.objects.exclude(pk=leeszaal.pk).get()
    assert (twin.slug, twin.place.slug, twin.place.neighbourhood.slug) == ("leeszaal-2", "leeszaal-2", "kopie")
    twin.get_latest_revision().publish()
    assert set(Place.objects.values_list("slug", flat=True)) == {"leeszaal", "leeszaal-2"}


def test_an_alias_shows_the_same_place_and_leaves_its_address(editor, leeszaal, oude_westen):
    copy(editor, leeszaal, oude_westen, "ook-leeszaal", alias="on")

    alias = PlacePage.objects.get(slug="ook-leeszaal")
    assert alias.place == leeszaal.place
    assert Place.objects.get().slug == "leeszaal"


def test_a_place_that_moves_to_another_neighbourhood_belongs_there(editor, leeszaal, cool, client):
    editor.post(f"/cms/pages/{leeszaal.pk}/move/{cool.pk}/confirm/")

    assert Place.objects.get().neighbourhood.slug == "cool"
    answer = client.get("/wijken/oude-westen/leeszaal/")
    assert (answer.status_code, answer["Location"]) == (301, "/wijken/cool/leeszaal/")


def test_a_place_that_was_removed_can_be_made_again_and_is_the_same_row(editor, leeszaal, oude_westen):
    row = leeszaal.place
    editor.post(f"/cms/pages/{leeszaal.pk}/delete/")

    editor.post(f"/cms/pages/add/places/placepage/{oude_westen.pk}/", place(slug="leeszaal") | {"action-publish": "1"})

    assert PlacePage.objects.get().place == row
    assert Place.objects.get().name == "Odeon"


def test_a_place_that_never_closes_names_no_hour_and_a_check_without_a_day_is_not_shown(leeszaal, client):
    leeszaal.opening_hours = [OpeningHours(weekday=day, since=time(0), until=time(0)) for day in range(7)]
    leeszaal.checked_by = "Fatima"
    leeszaal.save()

    page = client.get("/wijken/oude-westen/leeszaal/").content.decode()

    assert "Nu open" in page
    assert "tot 00:00" not in page
    assert "Nagekeken door" not in page
