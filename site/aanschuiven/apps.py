"""The app that puts the parts together."""

from django.apps import AppConfig


class AanschuivenConfig(AppConfig):
    name = "aanschuiven"
    verbose_name = "Aanschuiven"

    def ready(self) -> None:
        from . import checks, zone  # noqa: F401  registers the checks, connects the receivers
