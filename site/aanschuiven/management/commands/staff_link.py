from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from aanschuiven import accounts


class Command(BaseCommand):
    help = "Print a link that signs a member of staff in once, within 24 hours, to add a passkey. Makes the account when it is new."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", nargs="?", default="beheer", help="whose account (%(default)s)")
        parser.add_argument("--email", default="", help="their address, for a code by mail")
        parser.add_argument("--first", action="store_true", help="print nothing once an administrator has a passkey or second factor")
        parser.add_argument("--lost", action="store_true", help="remove the passkeys and second factors they lost, and end their sessions")

    def handle(self, *args: object, username: str, email: str, first: bool, lost: bool, **options: object) -> None:
        if first and accounts.anyone_has_factor():
            return
        user = User.objects.filter(username=username).first()
        if user is None:
            user = User.objects.create_superuser(username, email)
        elif not user.is_active:
            raise CommandError(f"The account {username!r} is switched off: switch it on in the CMS under Settings, Users.")
        if email and not EmailAddress.objects.filter(user=user, email__iexact=email).exists():
            EmailAddress.objects.create(
                user=user, email=email.lower(), verified=True, primary=not EmailAddress.objects.filter(user=user).exists()
            )
        if lost:
            Authenticator.objects.filter(user=user).delete()
            user.set_unusable_password()  # a new one each time: that ends every session, also of who has the lost device
            user.save(update_fields=["password"])
        self.stdout.write(settings.BASE_URL + accounts.make_link(user, now=timezone.now()))
