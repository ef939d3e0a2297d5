from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class MeetingsConfig(AppConfig):
    name = "meetings"
    verbose_name = _("Bijeenkomsten")

    def ready(self) -> None:
        from . import follow  # noqa: F401  connects the receivers
