"""publiccode.yml, by which a public body finds this software (standard v0.4: publiccode.yml, schema.core)."""

from __future__ import annotations

import tomllib
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from django.conf import settings

ALLOWED = {
    "developmentStatus": {"concept", "development", "beta", "stable", "obsolete"},
    "softwareType": {
        "standalone/mobile", "standalone/iot", "standalone/desktop", "standalone/web", "standalone/backend", "standalone/other",
        "addon", "library", "configurationFiles",
    },
}  # fmt: skip
# Of the two controlled vocabularies, what could ever be said of a site like this one.
CATEGORIES = {
    "appointment-scheduling", "collaboration", "communications", "content-management", "digital-citizenship", "event-management",
    "online-booking", "online-community", "visitor-management",
}  # fmt: skip
SCOPES = {"culture", "education", "healthcare", "local-authorities", "society", "welfare"}
NEVER_THERE = (".example", ".invalid", ".test")  # RFC 2606 2


@pytest.fixture(scope="module")
def told() -> dict[str, Any]:
    return yaml.safe_load((settings.ROOT / "publiccode.yml").read_text(encoding="utf-8"))


def test_every_mandatory_key_is_there(told):
    mandatory = [
        "publiccodeYmlVersion", "name", "url", "platforms", "categories", "developmentStatus", "softwareType", "description", "legal",
        "maintenance", "localisation",
    ]  # fmt: skip

    assert [key for key in mandatory if not told.get(key)] == []
    assert told["publiccodeYmlVersion"] == "0.4"
    assert told["localisation"]["localisationReady"] is True
    assert told["platforms"] == ["web"]


def test_words_of_a_list_are_on_that_list(told):
    assert [key for key, words in ALLOWED.items() if told[key] not in words] == []
    assert set(told["categories"]) <= CATEGORIES
    assert set(told["intendedAudience"]["scope"]) <= SCOPES


def test_a_maintenance_with_people_names_them_and_another_names_nobody(told):
    maintenance = told["maintenance"]

    assert maintenance["type"] in ("internal", "contract", "community", "none")
    names = [contact["name"] for contact in maintenance.get("contacts", [])]
    assert bool(names) == (maintenance["type"] in ("internal", "community"))
    assert told["name"] not in names  # a contact is a person
    assert ("contractors" in maintenance) == (maintenance["type"] == "contract")


def test_each_language_is_described_at_the_length_that_catalogues_take(told):
    assert set(told["description"]) == {code for code, _name in settings.LANGUAGES}
    for text in told["description"].values():
        assert len(text["shortDescription"]) <= 150
        assert 150 <= len(text["longDescription"]) <= 10_000
        assert len(text["features"]) >= 1


def test_version_licence_and_languages_are_those_of_the_software(told):
    project = tomllib.loads((settings.ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert told["softwareVersion"] == project["version"]
    assert told["legal"]["license"] == project["license"] == "EUPL-1.2"
    assert "EUROPEAN UNION PUBLIC LICENCE v. 1.2" in (settings.ROOT / "LICENSE").read_text(encoding="utf-8")
    assert told["localisation"]["availableLanguages"] == [code for code, _name in settings.LANGUAGES]


def test_its_address_is_one_of_https_and_says_so_when_nothing_is_there(told):
    address = urlsplit(told["url"])
    text = (settings.ROOT / "publiccode.yml").read_text(encoding="utf-8")

    assert address.scheme == "https"
    assert address.hostname.endswith(NEVER_THERE) == ("No repository is public yet" in text)
