"""Dutch is in the code, English in a catalogue: nothing may be missing from it, and what is compiled is what is written."""

import os
import re
import shutil
import subprocess
import sys

import polib
import pytest
from django.conf import settings

CATALOGUE = settings.LOCALE_PATHS[0] / "en" / "LC_MESSAGES" / "django.po"
SOURCES = ["site", "home", "meetings", "places", "templates", "manage.py"]
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sdf%]|\{\w*\}")


@pytest.fixture(scope="module")
def english() -> polib.POFile:
    return polib.pofile(str(CATALOGUE))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> polib.POFile:
    """What `makemessages` finds in the sources now, in a copy of them, for it writes beside the templates."""
    copy = tmp_path_factory.mktemp("sources")
    for name in SOURCES:
        source = settings.ROOT / name
        shutil.copytree(
            source, copy / name, ignore=shutil.ignore_patterns("__pycache__", "*.po", "*.mo", "static")
        ) if source.is_dir() else shutil.copy(source, copy / name)
    (copy / "site" / "aanschuiven" / "locale").mkdir(exist_ok=True)
    command = [sys.executable, "manage.py", "makemessages", "-l", "en", "--no-location", "-v", "0"]
    subprocess.run(command, cwd=copy, env=os.environ | {"VAR_DIR": str(copy / "var")}, check=True, capture_output=True, text=True)
    return polib.pofile(str(copy / "site" / "aanschuiven" / "locale" / "en" / "LC_MESSAGES" / "django.po"))


def key(entry: polib.POEntry) -> tuple[str | None, str]:
    return entry.msgctxt, entry.msgid


def test_every_text_has_english(english, found):
    translated = {key(entry) for entry in english if entry.translated()}

    assert len(found) > 100
    assert [entry.msgid for entry in found if key(entry) not in translated] == []


def test_the_catalogue_keeps_nothing_that_is_gone(english, found):
    known = {key(entry) for entry in found}

    assert [entry.msgid for entry in english if key(entry) not in known] == []


def test_english_keeps_the_places_where_a_name_or_number_goes(english):
    wrong = []
    for entry in english:
        pairs = [(entry.msgid, entry.msgstr)] if not entry.msgid_plural else [(entry.msgid_plural, entry.msgstr_plural.get(1, ""))]
        wrong += [dutch for dutch, text in pairs if set(PLACEHOLDER.findall(dutch)) != set(PLACEHOLDER.findall(text))]
    assert wrong == []


def test_what_is_compiled_is_what_is_written(english):
    compiled = polib.mofile(str(CATALOGUE.with_suffix(".mo")))

    def texts(file):
        return {key(entry): (entry.msgstr, dict(entry.msgstr_plural)) for entry in file if entry.msgid}

    assert texts(compiled) == texts(entry for entry in english if entry.translated())


NEVER_ON_SCREEN = re.compile(
    r"\b(registre\w+|aanmeld\w*|account aanmaken|deelnemers?|gebruikers?|event|submit\w*|doelgroep\w*|kwetsba\w+|cliënt\w*|de burger|opbrengst\w*|gastheer|gastvrouw|keukentafel)\b",
    re.IGNORECASE,
)


def test_no_word_stands_on_screen_that_we_do_not_use(found):
    assert [entry.msgid for entry in found if NEVER_ON_SCREEN.search(entry.msgid)] == []
