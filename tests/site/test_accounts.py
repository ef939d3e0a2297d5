import html
import re
import time
from datetime import timedelta
from io import StringIO
from urllib.parse import unquote

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.contrib.auth.models import User
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.utils import timezone

from aanschuiven import accounts
from aanschuiven.models import StaffLink
from tests.staff import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna() -> User:
    user = User.objects.create_superuser("anna", "anna@aanschuiven.example")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def link_for(user: User) -> str:
    return accounts.make_link(user, now=timezone.now())


def add_app(user: User) -> str:
    """Give ``user`` an app with codes; its secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def staff_link(*arguments: str, **options: object) -> str:
    out = StringIO()
    call_command("staff_link", *arguments, stdout=out, **options)
    return out.getvalue().strip()


class TestLink:
    def test_opening_it_shows_a_button_and_uses_nothing_up(self, client, anna):
        address = link_for(anna)

        for _ in range(2):  # a mail scanner, then Anna
            answer = client.get(address)
            assert answer.status_code == 200
            assert "Ga naar binnen" in answer.text
        assert "_auth_user_id" not in client.session
        assert StaffLink.objects.get().used_at is None

    def test_the_button_lets_anna_in_once_and_asks_for_a_passkey(self, client, anna):
        address = link_for(anna)

        answer = client.post(address)

        assert (answer.status_code, answer["Location"]) == (303, "/account/2fa/")
        assert client.session["_auth_user_id"] == str(anna.pk)
        assert "Maak eerst een passkey" in client.get("/account/2fa/").text
        assert client.get("/account/2fa/webauthn/add/").status_code == 200

    def test_whoever_took_long_over_the_first_key_is_not_asked_for_one(self, client, anna, monkeypatch):
        """The link was used more than an hour ago: allauth would now ask for a code from an app, or an emergency code, never seen."""
        two_hours_ago = time.time() - 2 * 3600
        with monkeypatch.context() as earlier:
            earlier.setattr(time, "time", lambda: two_hours_ago)
            client.post(link_for(anna))
        monkeypatch.setattr(transaction, "on_commit", lambda call: call())  # the transaction of a test never commits
        secret = client.get("/account/2fa/totp/activate/").context["form"].secret
        code = f"{hotp_value(secret, next(iter(yield_hotp_counters_from_time()))):06d}"

        made = client.post("/account/2fa/totp/activate/", {"code": code})

        assert made["Location"] == "/account/2fa/recovery-codes/"
        codes = client.get(made["Location"])
        assert codes.status_code == 200
        assert '<a class="button large" href="/cms/">Naar de redactie</a>' in codes.text
        assert client.get("/cms/").status_code == 200

    def test_it_works_once(self, client, anna):
        address = link_for(anna)
        client.post(address)
        client.logout()

        answer = client.post(address)

        assert answer.status_code == 410
        assert "Deze link werkt niet meer" in answer.text
        assert "_auth_user_id" not in client.session

    def test_it_works_for_a_day(self, client, anna):
        address = link_for(anna)
        StaffLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

        assert client.get(address).status_code == 410
        assert client.post(address).status_code == 410

    def test_it_lets_nobody_in_who_may_not_come_any_more(self, client, anna):
        address = link_for(anna)
        User.objects.update(is_active=False)

        assert client.get(address).status_code == 410
        assert client.post(address).status_code == 410
        assert "_auth_user_id" not in client.session

    def test_a_new_one_ends_the_earlier_one(self, client, anna):
        first, second = link_for(anna), link_for(anna)

        assert client.post(first).status_code == 410
        assert client.post(second).status_code == 303

    def test_a_guess_gets_the_same_answer_as_a_spent_one(self, client):
        assert client.get("/account/link/" + "a" * 43 + "/").status_code == 410

    def test_it_is_kept_as_a_hash_and_travels_nowhere(self, client, anna):
        address = link_for(anna)
        raw = address.split("/")[-2]

        answer = client.get(address)

        assert len(raw) >= 22
        assert raw not in str(StaffLink.objects.values_list())
        assert answer["Referrer-Policy"] == "no-referrer"
        assert "no-store" in answer["Cache-Control"]
        assert answer["X-Robots-Tag"] == "noindex"


class TestCommand:
    def test_the_first_start_makes_an_administrator_and_prints_a_link(self, client):
        address = staff_link(first=True)

        user = User.objects.get()
        assert user.is_superuser
        assert not user.has_usable_password()
        assert address.startswith("http://localhost:8000/account/link/")
        assert client.post(address.removeprefix("http://localhost:8000")).status_code == 303

    def test_as_long_as_nobody_has_a_key_each_start_prints_a_link_that_works(self, client):
        spent = staff_link(first=True).removeprefix("http://localhost:8000")
        client.post(spent)

        address = staff_link(first=True).removeprefix("http://localhost:8000")

        assert client.post(address).status_code == 303
        assert User.objects.count() == 1

    def test_once_an_administrator_has_a_key_it_prints_nothing(self):
        staff_link(first=True)
        add_app(User.objects.get())

        assert staff_link(first=True) == ""

    def test_a_lost_passkey_is_removed_so_that_a_new_one_can_be_made(self, client, anna):
        add_app(anna)

        address = staff_link("anna", lost=True).removeprefix("http://localhost:8000")

        assert not Authenticator.objects.filter(user=anna).exists()
        assert client.post(address).status_code == 303

    def test_whoever_has_the_lost_device_is_out(self, anna):
        thief = signed_in(anna)
        assert thief.get("/cms/").status_code == 200

        staff_link("anna", lost=True)

        assert thief.get("/cms/")["Location"].startswith("/account/login/")
        assert thief.get("/account/2fa/totp/activate/").status_code == 302

    def test_an_account_that_was_switched_off_stays_off(self, anna):
        User.objects.update(is_active=False)

        with pytest.raises(CommandError, match="The account 'anna' is switched off"):
            staff_link("anna")

    def test_an_address_given_along_gets_codes(self):
        staff_link("bram", email="Bram@Aanschuiven.example")

        assert EmailAddress.objects.get().email == "bram@aanschuiven.example"


class TestSignIn:
    def test_the_cms_sends_a_stranger_to_the_sign_in_page_and_back(self, client):
        answer = client.get("/cms/pages/")

        assert answer["Location"] == "/account/login/?next=/cms/pages/"
        assert client.get("/cms/login/?next=/cms/pages/")["Location"] == "/account/login/?next=%2Fcms%2Fpages%2F"

    def test_it_asks_a_passkey_or_an_address_and_no_password(self, client):
        text = client.get("/account/login/").text

        assert 'id="passkey_login"' in text
        assert 'type="email"' in text
        assert 'type="password"' not in text

    def test_a_passkey_button_is_off_until_its_script_is_there(self, client, anna):
        """Pages of ours and of allauth: to come in, to add one, to come in with one as second factor, and to show it is still you."""
        add_app(anna)
        pages = [client.get("/account/login/").text]
        client.post("/account/login/", {"login": anna.email})
        code = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.outbox[-1].body, re.MULTILINE)[1]
        client.post("/account/login/code/confirm/", {"code": code})
        pages.append(client.get("/account/2fa/authenticate/").text)
        client.post(link_for(anna))
        pages.append(client.get("/account/2fa/webauthn/add/").text)

        for page in pages:
            button = re.search(r'<button[^>]*id="(?:passkey_login|mfa_webauthn_\w+)"[^>]*>', page)[0]
            assert button.endswith(" data-passkey disabled>")
            assert page.count("Deze knop werkt in een browser met JavaScript die passkeys kent.") == 1
            assert re.search(r'<script src="[^"]*aanschuiven/passkey[^"]*\.js"></script>', page)

    def test_nobody_signs_up(self, client):
        answer = client.post("/account/signup/", {"email": "iemand@example.org"})

        assert "Je hebt geen account nodig" in answer.text
        assert not User.objects.exists()

    def test_an_unknown_address_gets_the_same_page_as_a_known_one(self, client, anna):
        known = client.post("/account/login/", {"login": anna.email})
        unknown = client.post("/account/login/", {"login": "iemand@example.org"})

        assert known["Location"] == unknown["Location"]
        assert (known.status_code, unknown.status_code) == (302, 302)

    def test_a_code_by_mail_and_a_second_factor_open_the_cms(self, client, anna):
        secret = add_app(anna)
        client.post("/account/login/", {"login": anna.email})
        code = re.search(r"^([A-Z0-9]{3,4}-?[A-Z0-9]{3,4})$", mail.outbox[-1].body, re.MULTILINE)[1]

        confirmed = client.post("/account/login/code/confirm/", {"code": code})

        assert confirmed["Location"] == "/account/2fa/authenticate/"
        assert "_auth_user_id" not in client.session
        counter = next(iter(yield_hotp_counters_from_time()))
        client.post("/account/2fa/authenticate/", {"code": f"{hotp_value(secret, counter):06d}"})
        assert client.session["_auth_user_id"] == str(anna.pk)
        assert client.get("/cms/").status_code == 200

    def test_without_a_key_the_cms_stays_closed_and_says_what_to_do(self, client, anna):
        client.force_login(anna)

        answer = client.get("/cms/")

        assert answer["Location"] == "/account/2fa/"

    def test_a_mailbox_alone_does_not_open_the_cms(self, client, anna):
        """A code by mail, or a password however it was set, is one factor: the second has to be used, not only to be there."""
        by_code = signed_in(anna, method="code")

        answer = by_code.get("/cms/pages/")

        assert answer["Location"] == "/account/2fa/reauthenticate/?next=%2Fcms%2Fpages%2F"
        assert 'name="code"' in by_code.get(answer["Location"]).text
        client.force_login(anna)
        assert client.get("/cms/")["Location"].startswith("/account/2fa/reauthenticate/")
        assert signed_in(anna).get("/cms/").status_code == 200

    def test_whoever_has_a_passkey_is_asked_for_that_first_and_hears_what_to_do_without_it(self, anna):
        Authenticator.objects.create(user=anna, type=Authenticator.Type.WEBAUTHN, data={"name": "Telefoon", "credential": {}})
        by_code = signed_in(anna, method="code")

        methods = accounts.StaffOnlyAdapter().get_reauthentication_methods(anna)

        assert [str(method["description"]) for method in methods] == ["Gebruik je passkey", "Gebruik een code"]
        assert by_code.get("/cms/pages/")["Location"] == "/account/2fa/webauthn/reauthenticate/?next=%2Fcms%2Fpages%2F"
        assert "python manage.py staff_link --lost anna" in by_code.get("/account/2fa/reauthenticate/").text

    def test_the_pages_about_keys_speak_of_a_passkey(self, anna):
        key = Authenticator.objects.create(user=anna, type=Authenticator.Type.WEBAUTHN, data={"name": "Telefoon", "credential": {}})
        client = signed_in(anna)
        pages = ["reauthenticate/", "webauthn/", f"webauthn/{key.pk}/remove/", f"webauthn/{key.pk}/edit/", "recovery-codes/"]

        for page in pages:
            text = client.get(f"/account/2fa/{page}", follow=True).text
            assert "eveiligingssleutel" not in text, page
            assert "uthentica" not in re.sub(r"<script.*?</script>|/account/[^\"]*", "", text, flags=re.DOTALL), page

    @pytest.mark.parametrize("prefix", ["", "/en"])
    def test_there_is_no_way_in_with_a_password(self, client, anna, prefix):
        anna.set_password("een-wachtwoord-van-vroeger")
        anna.save()

        assert client.post(f"{prefix}/_util/login/", {"username": "anna", "password": "een-wachtwoord-van-vroeger"}).status_code == 405
        assert client.get(f"{prefix}/_util/login/?next=/cms/")["Location"] == f"{prefix}/account/login/?next=%2Fcms%2F"
        for page in ("reset/", "reset/key/1-set-password/", "set/", "change/"):
            assert client.post(f"{prefix}/account/password/{page}", {"email": anna.email}).status_code == 404
        for page in ("", "abc/"):
            assert client.get(f"{prefix}/account/confirm-email/{page}").status_code == 404
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("prefix", ["", "/en"])
    def test_the_addresses_that_codes_go_to_are_behind_the_second_factor(self, client, anna, prefix):
        by_code = signed_in(anna, method="code")

        assert "/account/2fa/reauthenticate/" in by_code.get(f"{prefix}/account/email/")["Location"]
        assert (
            "/account/2fa/reauthenticate/"
            in by_code.post(f"{prefix}/account/email/", {"email": "b@x.example", "action_add": ""})["Location"]
        )
        assert signed_in(anna).get(f"{prefix}/account/email/").status_code == 200

    def test_a_stranger_gets_no_mail_because_somebody_typed_their_address(self, client):
        client.post("/account/login/", {"login": "iemand@example.org"})

        assert mail.outbox == []

    def test_someone_made_in_the_cms_without_a_password_can_add_a_passkey(self, client):
        user = User(username="bram", email="bram@aanschuiven.example")
        user.save()

        assert not user.has_usable_password()
        client.force_login(user)
        assert client.get("/account/2fa/webauthn/add/").status_code == 200

    def test_the_secret_of_an_app_is_there_whole_to_type_over_and_to_scan(self, client, anna):
        client.force_login(anna)

        answer = client.get("/account/2fa/totp/activate/")

        secret = answer.context["form"].secret
        groups = re.search(r"<code[^>]*>([A-Z2-7 ]+)</code>", answer.text)[1].split(" ")
        assert "".join(groups) == secret
        assert {len(group) for group in groups} == {4}
        assert f"secret={secret}" in answer.text
        assert "fill='#fff'" in unquote(html.unescape(answer.text))  # without a ground it is black on a dark page

    def test_the_pages_and_mails_of_staff_are_in_our_words(self, client, anna):
        client.post("/account/login/", {"login": anna.email})
        sent = client.get("/account/login/code/confirm/")
        assert ["<h1>Vul de code in</h1>" in sent.text, anna.email in sent.text] == [True, True]
        assert mail.outbox[-1].subject == "Je code voor de redactie"
        assert mail.outbox[-1].body.startswith("Dit is je code. Vul hem in op de pagina die nog openstaat.")
        client.logout()
        TOTP.activate(anna, generate_totp_secret())
        client.post(link_for(anna))
        for address, heading in (
            ("2fa/totp/deactivate/", "Zet de app uit"),
            ("2fa/recovery-codes/generate/", "Maak nieuwe codes"),
            ("email/", "Jouw adressen"),
            ("logout/", "Uitloggen"),
        ):
            assert f"<h1>{heading}</h1>" in client.get(f"/account/{address}").text
        assert "De app staat uit." in client.post("/account/2fa/totp/deactivate/", follow=True).text

    @pytest.mark.parametrize(
        "address",
        [
            "",
            "email/",
            "logout/",
            "login/code/",
            "2fa/",
            "2fa/webauthn/add/",
            "2fa/webauthn/",
            "2fa/totp/activate/",
            "2fa/recovery-codes/generate/",
        ],
    )
    @pytest.mark.parametrize("prefix", ["/account/", "/en/account/"])
    def test_its_pages_are_in_the_house_style_without_anything_inline(self, client, anna, prefix, address):
        TOTP.activate(anna, generate_totp_secret()) if "recovery" in address else None
        client = signed_in(anna) if address == "email/" else client
        client.force_login(anna) if address != "email/" else None
        if not address:
            client.logout()
            address = "login/"

        text = client.get(prefix + address, follow=True).text

        assert 'class="brand"' in text
        assert "<style" not in text
        assert not [
            tag for tag in text.split("<script")[1:] if "src=" not in tag.split(">")[0] and "application/json" not in tag.split(">")[0]
        ]
