from django.core.management.base import BaseCommand, CommandParser

from aanschuiven import supervisor
from aanschuiven.worker import Worker


class Command(BaseCommand):
    help = "Run queued tasks and the jobs of the day, until SIGTERM or Ctrl-C."
    requires_system_checks = ()  # it serves no pages

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--interval", type=float, default=1.0, help="seconds between two looks at an empty queue (%(default)s)")

    def handle(self, *args: object, interval: float, **options: object) -> None:
        supervisor.end_with_the_supervisor()
        worker = Worker(interval=interval)
        worker.configure_signals()
        worker.run()
