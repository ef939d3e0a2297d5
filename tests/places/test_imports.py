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
    ],
)
def test_a_file_that_is_none_of_ours_says_so(index, tmp_path, name, text, sentence):
    with pytest.raises(CommandError, match=sentence):
        run(write(tmp_path, name, text))


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
    assert Neighbourhood.objects.exclude(outline=None).count() == 91
