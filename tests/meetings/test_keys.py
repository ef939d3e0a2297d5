"""Keys: secret links that open what is yours, and nothing once they ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from meetings import keys
from meetings.models import Key
from tests.factories import keyring

pytestmark = pytest.mark.django_db


def test_a_key_has_130_random_bits_and_only_its_hash_is_stored():
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())

    assert len(raw.replace("-", "")) * 5 >= 128
    stored = Key.objects.get()
    assert raw not in str(stored.__dict__)
    assert stored.hash == keys.hash_of(raw)


def test_a_key_may_be_typed_from_paper_without_hyphens_and_in_capitals():
    who = keyring()
    raw = keys.mint(Key.Scope.KEYRING, keyring=who)

    assert keys.resolve(raw.replace("-", "").upper().replace("0", "O").replace("1", "I"), Key.Scope.KEYRING).keyring == who


@pytest.mark.parametrize(
    "spoil",
    [
        lambda key: {"revoked_at": timezone.now()},
        lambda key: {"expires_at": timezone.now() - timedelta(seconds=1)},
        lambda key: {"last_used_on": (timezone.now() - timedelta(days=400)).date()},
        lambda key: {"scope": Key.Scope.FEED},
    ],
    ids=["revoked", "ended", "unused for thirteen months", "of another scope"],
)
def test_a_key_that_ended_opens_nothing(spoil):
    raw = keys.mint(Key.Scope.KEYRING, keyring=keyring())
    Key.objects.update(**spoil(None))

    assert keys.resolve(raw, Key.Scope.KEYRING) is None


@pytest.mark.parametrize(
    "raw", ["", "x", "a" * 10_000, "k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-r\x00", "../../etc", "k7qm-3vrt-9xwd-wp2f-h4zt-8mkw-é5"]
)
def test_what_is_no_key_opens_nothing(raw):
    assert keys.resolve(raw, Key.Scope.KEYRING) is None
