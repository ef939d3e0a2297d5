from django.core.management.base import BaseCommand

from home import address


class Command(BaseCommand):
    help = "Give the site the address in BASE_URL, while it has the one it was made with. Does nothing twice."

    def handle(self, *args: object, **options: object) -> None:
        if site := address.take_over():
            self.stderr.write(f"The site is at {site.root_url}")
