"""Forgetting: what is personal goes, the counts stay."""

from datetime import timedelta

import pytest

from meetings import keys, retention, seats
from meetings.models import HostDetails, Key, Keyring, Occurrence, SignUp, Visibility
from meetings.models.choices import Perspective
from tests import factories
from tests.factories import EVENING, NOW

pytestmark = pytest.mark.django_db
AFTER = EVENING + timedelta(days=31)


def sit(occurrence: Occurrence, **fields) -> SignUp:
    return seats.take(
        occurrence.pk,
        fields.pop("keyring", None) or factories.keyring(),
        Perspective.POLICY,
        name="Zeynep",
        email="z@example.org",
        message="Ik neem brood mee",
        form_token=fields.pop("form_token", "een-teken-van-16"),
        now=NOW,
        **fields,
    )


def test_names_addresses_and_messages_go_after_the_days_a_site_keeps_them_and_the_counts_stay():
    sign_up = sit(factories.occurrence(), party=3)

    assert retention.erase_past(30, now=EVENING + timedelta(days=30)) == 0
    sign_up.refresh_from_db()
    assert sign_up.name == "Zeynep"

    assert retention.erase_past(30, now=AFTER + timedelta(hours=2)) == 1
    sign_up.refresh_from_db()
    assert (sign_up.name, sign_up.email, sign_up.message, sign_up.form_hash, sign_up.keyring) == ("", "", "", "", None)
    assert (sign_up.party, sign_up.occurrence.seats_policy) == (3, 3)
    assert retention.erase_past(30, now=AFTER + timedelta(hours=2)) == 0


def test_a_date_that_falls_out_meanwhile_keeps_no_other_from_being_forgotten(monkeypatch):
    rows, real = [sit(factories.occurrence(), form_token=f"een-teken-van-nummer-{n}") for n in range(2)], seats.lock
    undated = sit(factories.occurrence(starts_at=None), form_token="een-teken-zonder-datum")
    SignUp.objects.filter(pk=undated.pk).update(created_at=NOW - timedelta(days=400))

    def lock(occurrence_id: int) -> Occurrence:
        Occurrence.objects.filter(pk__in=[rows[0].occurrence_id, undated.occurrence_id]).delete()
        return real(occurrence_id)

    monkeypatch.setattr(seats, "lock", lock)
    assert retention.erase_past(30, now=AFTER + timedelta(hours=2)) == 1

    assert [(row.pk, row.name) for row in SignUp.objects.all()] == [(rows[1].pk, "")]


def test_a_date_that_is_put_off_meanwhile_keeps_its_names(monkeypatch):
    sign_up, real = sit(factories.occurrence()), seats.lock

    def lock(occurrence_id: int) -> Occurrence:
        Occurrence.objects.filter(pk=occurrence_id).update(ends_at=AFTER + timedelta(days=20))
        return real(occurrence_id)

    monkeypatch.setattr(seats, "lock", lock)
    assert retention.erase_past(30, now=AFTER + timedelta(hours=2)) == 0

    sign_up.refresh_from_db()
    assert sign_up.name == "Zeynep"


def test_what_is_still_to_come_is_left_alone():
    keyring = factories.keyring(email="z@example.org")
    later = factories.occurrence(starts_at=EVENING + timedelta(days=60))
    sign_up = sit(later, keyring=keyring)

    retention.erase_past(30, now=AFTER + timedelta(hours=2))

    sign_up.refresh_from_db()
    keyring.refresh_from_db()
    assert (sign_up.name, keyring.email, later.meeting.host.first_name) == ("Zeynep", "z@example.org", "Fatima")


def test_a_chair_at_a_table_without_a_date_falls_free_thirteen_months_after_its_owner_was_last_seen():
    undated = factories.occurrence(starts_at=None, capacity=2)
    gone, here, new = (sit(undated, form_token=f"een-teken-van-{who}") for who in ("wie-wegging", "wie-er-is", "wie-nieuw-is"))
    SignUp.objects.exclude(pk=new.pk).update(created_at=NOW - timedelta(days=400))
    keys.mint(Key.Scope.KEYRING, keyring=here.keyring)
    Key.objects.update(created_at=NOW - timedelta(days=400), last_used_on=(NOW - timedelta(days=20)).date())

    assert retention.erase_past(30, now=NOW) == 1
    assert retention.erase_past(30, now=NOW) == 0

    assert set(undated.sign_ups.values_list("pk", "state")) == {(here.pk, "seated"), (new.pk, "seated")}
    assert not SignUp.objects.filter(pk=gone.pk).exists()
    undated.refresh_from_db()
    assert (undated.seats_policy, undated.waiting) == (2, 0)


def test_who_received_people_goes_with_the_last_date(monkeypatch):
    occurrence, undated = factories.occurrence(), factories.occurrence(starts_at=None)
    for meeting in (occurrence.meeting, undated.meeting):
        meeting.created_at = NOW
        meeting.save()

    retention.erase_past(30, now=AFTER + timedelta(hours=2))

    assert dict(HostDetails.objects.values_list("meeting", "first_name")) == {occurrence.meeting_id: "", undated.meeting_id: "Fatima"}


def test_an_unlisted_date_keeps_no_counts_after_its_date():
    listed, unlisted = factories.occurrence(), factories.occurrence(visibility=Visibility.LINK)
    sit(listed, form_token="teken-van-letters-1")
    sit(unlisted, form_token="teken-van-letters-2")

    retention.erase_past(30, now=EVENING + timedelta(hours=12))
    assert Occurrence.objects.get(pk=unlisted.pk).taken == 1
    retention.erase_past(30, now=EVENING + timedelta(hours=27))

    assert (Occurrence.objects.get(pk=unlisted.pk).taken, unlisted.sign_ups.count()) == (0, 0)
    assert Occurrence.objects.get(pk=unlisted.pk).version == 2  # one sat down, and now nobody did: open pages fetch it
    assert (Occurrence.objects.get(pk=listed.pk).taken, listed.sign_ups.count()) == (1, 1)


def test_a_keyring_with_nothing_left_stays_while_somebody_uses_it_and_then_ends():
    used, unused, holds = factories.keyring(email="a@example.org"), factories.keyring(), factories.keyring()
    for keyring in (used, unused, holds):
        keys.mint(Key.Scope.KEYRING, keyring=keyring)
    long_ago = NOW - timedelta(days=500)
    Keyring.objects.update(created_at=long_ago)
    Key.objects.update(created_at=long_ago)
    used.keys.update(last_used_on=NOW.date())
    sit(factories.occurrence(starts_at=EVENING + timedelta(days=90)), keyring=holds)

    retention.erase_past(30, now=AFTER)

    assert set(Keyring.objects.values_list("pk", "email")) == {(used.pk, ""), (holds.pk, "")}


def test_a_keyring_that_receives_people_stays_also_unused():
    host = factories.keyring(email="fatima@example.org")
    factories.meeting(host_keyring=host)
    Keyring.objects.update(created_at=NOW - timedelta(days=500))

    retention.erase_past(30, now=NOW)

    assert Keyring.objects.get().email == "fatima@example.org"


def test_a_keyring_whose_link_was_never_used_lives_thirteen_months_too():
    keyring = factories.keyring()
    keys.mint(Key.Scope.KEYRING, keyring=keyring)
    Keyring.objects.update(created_at=NOW - timedelta(days=100))
    Key.objects.update(created_at=NOW - timedelta(days=100))

    retention.erase_past(30, now=NOW)

    assert Keyring.objects.filter(pk=keyring.pk).exists()


def test_ended_keys_go():
    keyring = factories.keyring()
    for label, fields in (("ended", {"expires_at": NOW - timedelta(days=40)}), ("goes on", {"expires_at": EVENING}), ("no end", {})):
        keys.mint(Key.Scope.KEYRING, keyring=keyring, label=label, **fields)

    retention.erase_past(30, now=NOW)

    assert set(keyring.keys.values_list("label", flat=True)) == {"goes on", "no end"}
