"""Importing neighbourhoods and places: what goes in, what is skipped and why, and that twice is once."""

from __future__ import annotations

import os
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from places.models import Neighbourhood, Place, PlacePage

DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "rotterdam"
WIJKEN = "gebied,wijk,slug,lat,lon\nCentrum,Oude Westen,oude-westen,51.917,4.467\nCentrum,Cool,cool,51.918,4.476\n,,,1,2\nNoord,Ver weg,ver-weg,151,4\n"
PLEKKEN = (
    "name,street,number,postcode,wijk,lat,lon,coordinates\n"
    "Leeszaal,Rijnhoutplein,3,3014TZ,Oude Westen,51.9174,4.4675,approximate\n"
    "Nergens,,,,Atlantis,,,none\n"
)
SHAPES = """{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"name": "Oude Westen", "slug": "oude-westen"},
 "geometry": {"type": "Polygon", "coordinates": [[[4.46, 51.91], [4.47, 51.91], [4.47, 51.92], [4.46, 51.91]]]}}]}"""


def run(*arguments: object) -> str:
    out = StringIO()
    call_command("import_places", *map(str, arguments), stdout=out)
    return out.getvalue()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_neighbourhoods_and_places_go_in_with_their_pages(index, tmp_path):
    printed = run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN))

    assert "wijken.csv: 2 new, 0 changed, 0 the same, 2 skipped" in printed
    assert "line 4 (without a name): it has no name" in printed
    assert "line 5 (Ver weg): (151, 4) is no point on earth" in printed
    assert "line 3 (Nergens): its neighbourhood 'Atlantis' is not known: import the neighbourhoods first" in printed
    place = Place.objects.get(slug="leeszaal")
    assert (place.street, place.is_approximate, place.neighbourhood.area) == ("Rijnhoutplein 3", True, "Centrum")
    assert PlacePage.objects.get().url == "/wijken/oude-westen/leeszaal/"


def edit(page, *, title: str, publish: bool) -> None:
    """What an editor does in the CMS."""
    page = page.get_latest_revision_as_object()
    page.title = title
    revision = page.save_revision()
    if publish:
        revision.publish()


def test_a_draft_is_neither_published_nor_lost(index, tmp_path):
    plekken = write(tmp_path, "plekken.csv", PLEKKEN)
    run(write(tmp_path, "wijken.csv", WIJKEN), plekken)
    edit(PlacePage.objects.get(), title="Leeszaal (wordt verbouwd)", publish=False)

    printed = run(write(tmp_path, "anders.csv", PLEKKEN.replace("plein,3", "plein,5") + "Nieuw,,,,Cool,,,\n"))

    assert "skipped line 2 (Leeszaal): its page has a draft in the CMS: publish or undo that, and import again" in printed
    page = PlacePage.objects.get(slug="leeszaal")
    assert (page.title, page.street, page.place.street) == ("Leeszaal", "Rijnhoutplein 3", "Rijnhoutplein 3")
    assert page.get_latest_revision_as_object().title == "Leeszaal (wordt verbouwd)"
    assert "1 the same" in run(plekken)  # what changes nothing is not in the way


@pytest.mark.parametrize("text", [WIJKEN.replace("Oude Westen", "Oude Westen-Noord"), WIJKEN.replace("Centrum", "Midden")])
def test_a_page_that_is_not_published_stays_so(index, tmp_path, text):
    run(write(tmp_path, "wijken.csv", WIJKEN))
    Neighbourhood.objects.get(slug="oude-westen").pages.get().unpublish()

    printed = run(write(tmp_path, "anders.csv", text), write(tmp_path, "plekken.csv", PLEKKEN.replace("Atlantis", "Cool")))

    assert ": its page is not published: publish it in the CMS, or remove it" in printed
    assert "skipped line 2 (Leeszaal): its neighbourhood 'Oude Westen' has no page that is published" in printed
    found = Neighbourhood.objects.get(slug="oude-westen")
    assert (found.name, found.area, found.pages.get().live) == ("Oude Westen", "Centrum", False)


def test_an_editor_opens_the_page_as_the_import_left_it(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN))
    edit(PlacePage.objects.get(), title="Leeszaal West", publish=True)
    edit(Neighbourhood.objects.get(slug="cool").pages.get(), title="Cool!", publish=True)

    run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN.replace("plein,3", "plein,5")))

    opened = PlacePage.objects.get().get_latest_revision_as_object()
    assert (opened.title, opened.street) == ("Leeszaal", "Rijnhoutplein 5")
    assert Neighbourhood.objects.get(slug="cool").pages.get().get_latest_revision_as_object().title == "Cool"


def test_the_point_of_a_wijk_is_on_its_page_and_publishing_that_keeps_it(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN))
    edit(Neighbourhood.objects.get(slug="cool").pages.get(), title="Cool!", publish=True)
    cool = Neighbourhood.objects.get(slug="cool")
    assert (cool.latitude, cool.longitude) == (51.918, 4.476)

    printed = run(write(tmp_path, "elders.csv", "wijk,lat,lon\nOude Westen,51.9,4.4\n"))

    assert "1 changed" in printed
    page = Neighbourhood.objects.get(slug="oude-westen").pages.get()
    assert (page.latitude, page.neighbourhood.latitude, page.get_latest_revision_as_object().latitude) == (51.9, 51.9, 51.9)


def test_a_second_row_of_the_same_name_is_skipped(index, tmp_path):
    twice = write(tmp_path, "wijken.csv", "wijk,gebied\nCool,Centrum\nCool,Noord\n")

    assert "skipped line 3 (Cool): line 2 has the same slug, 'cool'" in run(twice)
    assert "0 new, 0 changed, 1 the same, 1 skipped" in run(twice)
    assert Neighbourhood.objects.get().area == "Centrum"


def test_a_row_that_the_page_refuses_says_which_field_and_why(index, tmp_path):
    printed = run(write(tmp_path, "wijken.csv", f"wijk,slug,lat,lon\nCool,niet goed,,\nCool,{'c' * 90},,\nNoord,,vier,51\nGoed,,,\n"))

    assert "skipped line 2 (Cool): slug: Enter a valid" in printed
    assert "skipped line 3 (Cool): slug: " in printed
    assert "skipped line 4 (Noord): (vier, 51) is no pair of numbers" in printed


def test_when_no_row_went_in_it_ends_with_an_error(index, tmp_path, capsys):
    with pytest.raises(CommandError, match=r"Not one row went in of: leeg\.csv\. Each stands above with the reason\."):
        call_command(
            "import_places", str(write(tmp_path, "leeg.csv", "wijk\n,\n")), str(write(tmp_path, "wijken.csv", WIJKEN))
        )  # the other file went in, and keeps what it brought

    assert "skipped line 2 (without a name): it has no name" in capsys.readouterr().out
    assert Neighbourhood.objects.count() == 2


def test_twice_is_once(index, tmp_path):
    files = [write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN)]
    run(*files)

    printed = run(*files)

    assert "wijken.csv: 0 new, 0 changed, 2 the same" in printed
    assert "plekken.csv: 0 new, 0 changed, 1 the same" in printed
    assert (Neighbourhood.objects.count(), Place.objects.count()) == (2, 1)


def test_an_outline_joins_the_neighbourhood_that_is_there(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN))

    printed = run(write(tmp_path, "wijken.geojson", SHAPES))

    assert "0 new, 1 changed" in printed
    assert Neighbourhood.objects.get(slug="oude-westen").outline["type"] == "Polygon"


def test_a_changed_row_changes_the_page(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN))

    printed = run(write(tmp_path, "plekken.csv", PLEKKEN.replace("Rijnhoutplein,3", "Rijnhoutplein,5")))

    assert "0 new, 1 changed" in printed
    assert Place.objects.get(slug="leeszaal").street == "Rijnhoutplein 5"


def test_a_dry_run_changes_nothing(index, tmp_path):
    printed = run("--dry-run", write(tmp_path, "wijken.csv", WIJKEN))

    assert "2 new" in printed
    assert not Neighbourhood.objects.exists()


def test_a_file_without_a_column_leaves_what_an_editor_wrote(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN))

    printed = run(write(tmp_path, "namen.csv", "name,wijk\nLeeszaal,Oude Westen\n"))

    assert "0 new, 0 changed, 1 the same" in printed
    assert Place.objects.get().street == "Rijnhoutplein 3"


def test_a_cell_may_hold_a_line_break(index, tmp_path):
    printed = run(write(tmp_path, "wijken.csv", 'wijk,note\nCool,"een\ntwee"\n,\n'))

    assert "1 new" in printed
    assert "skipped line 4 (without a name): it has no name" in printed


def test_broken_features_are_skipped_and_the_others_go_in(index, tmp_path):
    features = """[null, "x", {"properties": {"name": "A"}, "geometry": {"type": "Polygon", "coordinates": []}},
      {"properties": {"name": "B"}, "geometry": {"type": "MultiPolygon", "coordinates": [[[[4, 51], [4, 52], ["x", 51], [4, 51]]]]}},
      {"properties": {"name": "C"}, "geometry": {"type": "Point", "coordinates": []}}, {"properties": [], "geometry": "x"}]"""

    printed = run(write(tmp_path, "a.geojson", f'{{"type": "FeatureCollection", "features": {features}}}'))

    assert "1 new, 0 changed, 0 the same, 5 skipped" in printed
    assert "feature 1 (without a name): it has no name" in printed
    assert "feature 3 (A): its Polygon has no closed rings of positions" in printed
    assert Neighbourhood.objects.get().name == "C"


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.csv", "een,twee\n1,2\n", "names no column"),
        ("a.geojson", "{", "no JSON"),
        ("a.geojson", "[]", "no FeatureCollection"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "there is no row in it"),
        ("a.csv", "wijk,lat,lon\n", "there is no row in it"),
        ("a.csv", f"wijk\n{'x' * 140_000}\n", "what follows line 1 is no CSV"),
    ],
)
def test_a_file_that_is_none_of_ours_says_so(index, tmp_path, name, text, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(write(tmp_path, name, text))


def test_a_file_that_cannot_be_opened_says_why(index, tmp_path):
    latin = tmp_path / "oud.csv"
    latin.write_bytes("wijk\nCaf\xe9\n".encode("latin-1"))

    for path, sentence in (
        (tmp_path / "nergens.csv", "nergens.csv: there is no such file"),
        (tmp_path, "this is a folder, name the files in it"),
        (latin, r"oud.csv: it is not written in UTF-8 \(byte 8\); save it as UTF-8 text"),
    ):
        with pytest.raises(CommandError, match=sentence):
            run(path)


def test_without_a_page_of_neighbourhoods_it_says_what_to_make(index, tmp_path):
    index.delete()

    with pytest.raises(CommandError, match="There is no page of neighbourhoods yet"):
        run(write(tmp_path, "wijken.csv", WIJKEN))


def test_rotterdam_goes_in(index):
    if not DATA.exists() and not os.environ.get("CI"):
        pytest.skip("the city's files are not beside this checkout")

    printed = run(DATA / "wijken.csv", DATA / "wijken.geojson", DATA / "places.csv")

    assert "wijken.csv: 91 new, 0 changed, 0 the same, 0 skipped" in printed
    assert "wijken.geojson: 0 new, 91 changed" in printed
    assert "places.csv: 32 new, 0 changed, 0 the same, 1 skipped" in printed
    assert "skipped line 34 (Pluspunt Rotterdam): it names no neighbourhood" in printed
    again = run(DATA / "wijken.csv", DATA / "wijken.geojson", DATA / "places.csv")
    assert [line.split(": ")[1] for line in again.splitlines() if line[0] != " "] == [
        "0 new, 0 changed, 91 the same, 0 skipped", "0 new, 0 changed, 91 the same, 0 skipped", "0 new, 0 changed, 32 the same, 1 skipped",
    ]  # fmt: skip
    assert Neighbourhood.objects.exclude(outline=None).count() == 91


def test_a_place_of_another_neighbourhood_is_not_overwritten(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN), write(tmp_path, "plekken.csv", PLEKKEN))

    printed = run(write(tmp_path, "cool.csv", "name,street,wijk\nLeeszaal,Coolsingel 1,Cool\nNieuw,,Cool\n"))

    assert (
        "skipped line 2 (Leeszaal): 'leeszaal' is a place in Oude Westen already: is it the same one, write that wijk; "
        "is it another one, give it a slug of its own"
    ) in printed
    assert (Place.objects.get(slug="leeszaal").street, Place.objects.count()) == ("Rijnhoutplein 3", 2)


def test_a_place_that_an_editor_moved_stays_there_and_is_named(index, tmp_path):
    plekken = write(tmp_path, "plekken.csv", PLEKKEN)
    run(write(tmp_path, "wijken.csv", WIJKEN), plekken)
    PlacePage.objects.get().move(Neighbourhood.objects.get(slug="cool").pages.get(), pos="last-child")

    again = write(tmp_path, "anders.csv", PLEKKEN.replace("plein,3", "plein,5") + "Nieuw,,,,Cool,,,\n")
    printed = run(again)

    assert "skipped line 2 (Leeszaal): 'leeszaal' is a place in Cool already" in printed
    assert (Place.objects.get(slug="leeszaal").street, PlacePage.objects.get(slug="leeszaal").url) == (
        "Rijnhoutplein 3",
        "/wijken/cool/leeszaal/",
    )


METRES = "its {} is not in degrees: coordinates are longitude and latitude in WGS84 (EPSG:4326), not metres such as RD (EPSG:28992)"


def collection(*features: str) -> str:
    return f'{{"type": "FeatureCollection", "features": [{", ".join(features)}]}}'


def wijk(name: str, coordinates: str, kind: str = "Polygon") -> str:
    return f'{{"properties": {{"name": "{name}"}}, "geometry": {{"type": "{kind}", "coordinates": {coordinates}}}}}'


def test_metres_are_no_degrees(index, tmp_path):
    metres = "[[[91000, 436000], [92000, 436000], [92000, 437000], [91000, 436000]]]"
    point, nothing = wijk("C", "[91000, 436000]", "Point"), '{"properties": {"name": "D"}}'

    printed = run(write(tmp_path, "rd.geojson", collection(wijk("A", metres), wijk("B", f"[{metres}]", "MultiPolygon"), point, nothing)))

    assert METRES.format("Polygon") in printed
    assert METRES.format("MultiPolygon") in printed
    assert "feature 3 (C): (436000, 91000) is no point on earth: coordinates are latitude and longitude in WGS84 (EPSG:4326)" in printed
    assert Neighbourhood.objects.get().name == "D"


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", f"1{'0' * 400}"])
def test_what_is_no_finite_number_is_refused(index, tmp_path, number):
    ring = f"[[[4.46, 51.91], [4.47, {number}], [4.47, 51.92], [4.46, 51.91]]]"
    height = f"[[[4.46, 51.91, {number}], [4.47, 51.91, 0], [4.47, 51.92, 0], [4.46, 51.91, 0]]]"
    point = f"[4.46, {number}]"

    printed = run(
        write(tmp_path, "a.geojson", collection(wijk("A", ring), wijk("B", point, "Point"), wijk("C", height))),
        write(tmp_path, "b.csv", f"wijk,lat,lon\nD,{number},4.46\nE,,\n"),
    )

    assert f"feature 1 (A): {METRES.format('Polygon')}" in printed
    assert "feature 2 (B): " in printed
    assert "line 2 (D): " in printed
    assert set(Neighbourhood.objects.values_list("name", flat=True)) == {"C", "E"}
    assert Neighbourhood.objects.get(name="C").outline["coordinates"][0][0] == [4.46, 51.91]  # a map is flat


def test_a_number_or_a_nest_that_python_will_not_read_says_so(index, tmp_path):
    for name, text in (("lang.geojson", f"[{'1' * 5000}]"), ("diep.geojson", "[" * 200_000)):
        with pytest.raises(CommandError, match=f"{name}: no JSON"):
            run(write(tmp_path, name, text))


def test_the_usual_dutch_columns_are_read(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN))

    printed = run(write(
        tmp_path, "plekken.csv", "Naam, Wijk ,Straat,Huisnummer,Postcode,Breedtegraad,Lengtegraad\nLeeszaal,Cool,Rijnhoutplein,3,3014 TZ,51.9174,4.4675\n"
    ))  # fmt: skip

    assert "not used" not in printed
    place = Place.objects.get()
    assert (place.street, place.postcode, place.latitude, place.longitude) == ("Rijnhoutplein 3", "3014 TZ", 51.9174, 4.4675)


def test_columns_that_are_not_used_are_named(index, tmp_path):
    run(write(tmp_path, "wijken.csv", WIJKEN))

    csv = run(write(tmp_path, "plekken.csv", "naam,wijk,soort,gebied,Telefoon\nLeeszaal,Cool,huis,Centrum,\n"))
    geojson = run(
        write(
            tmp_path,
            "w.geojson",
            collection('{"properties": {"name": "A", "inwoners": {"2024": 9}}}', '{"properties": {"name": "B", "code": 1, "straat": ""}}'),
        )
    )

    assert "columns not used: gebied, soort, Telefoon" in csv
    assert "columns not used: code, inwoners, straat" in geojson


def test_a_line_with_more_cells_than_columns_is_skipped(index, tmp_path):
    printed = run(write(tmp_path, "wijken.csv", "wijk,gebied\nCool,Centrum,,\nNoord,Delfshaven, en meer\n"))

    assert "skipped line 3 (Noord): it has more cells than the first line: put a cell with a comma in it between quotes" in printed
    assert Neighbourhood.objects.get().name == "Cool"
