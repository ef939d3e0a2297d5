"""The table as others may see it: one rendering for each audience, the same in the page and in a live frame.

Audiences: ``public`` (who happens by), ``table`` (whoever has a chair), ``host`` (whoever receives). A name is shown no wider
than its owner chose, and no wider than the host allows; a past date shows no perspectives outside.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from django.template.loader import render_to_string
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from . import round_table
from .models import Keyring, Occurrence, SignUp
from .models.choices import Names, NameVisibility

PUBLIC, TABLE, HOST = "public", "table", "host"
MOST_BYTES = 6000  # of a frame; a larger one leaves the drawing out and the page fetches it


def audience(occurrence: Occurrence, keyring: Keyring | None) -> str:
    """How much a keyring may see of this table."""
    if keyring is None:
        return PUBLIC
    if occurrence.meeting.host_keyring_id == keyring.pk:
        return HOST
    if occurrence.sign_ups.filter(keyring=keyring, state=SignUp.State.SEATED).exists():
        return TABLE
    return PUBLIC


@dataclass(frozen=True)
class Guest:
    """A line of "Wie komen er?"; ``name`` is empty where it is kept for the host."""

    name: str
    perspective: str  # empty where perspectives are not shown
    others: int  # how many they bring


class TableView:
    """Everything a template asks of one table, for one audience, from one query for its sign-ups."""

    def __init__(self, occurrence: Occurrence, audience: str, now: datetime, *, mine: SignUp | None = None) -> None:
        self.occurrence, self.audience, self.now, self.mine = occurrence, audience, now, mine

    @cached_property
    def seated(self) -> list[SignUp]:
        return list(self.occurrence.sign_ups.filter(state=SignUp.State.SEATED).order_by("id"))

    @property
    def is_split(self) -> bool:
        """Whether perspectives are shown: not for an activity, a past date, or where the host shows one total."""
        if not self.occurrence.asks_perspective:
            return False
        return self.audience == HOST or not (self.occurrence.total_only or self.occurrence.has_begun(self.now))

    @property
    def is_over(self) -> bool:
        """Whether no chair can be taken any more: it has begun, or does not go ahead."""
        return self.occurrence.has_begun(self.now) or self.occurrence.is_cancelled

    @cached_property
    def table(self) -> round_table.Table:
        highest = max((number for s in self.seated for number in s.chairs), default=-1)
        seats: list[str | None] = [None] * max(self.occurrence.capacity or 0, highest + 1)
        for sign_up in self.seated:
            for number in sign_up.chairs:
                seats[number] = sign_up.perspective if self.is_split or not self.occurrence.asks_perspective else "mens"
        return round_table.Table(
            seats,
            self.occurrence.capacity,
            self.occurrence.taken,
            extra_chair=self.occurrence.extra_chair,
            chair=self.occurrence.chair,
            is_split=self.is_split,
            is_over=self.is_over,
        )

    @cached_property
    def _drawn(self) -> tuple[SafeString, int]:
        return round_table.svg(self.table, mine=self.mine.chairs if self.mine else ())

    @property
    def drawing(self) -> SafeString:
        return self._drawn[0]

    @property
    def people_a_chair(self) -> int:
        return self._drawn[1]

    @property
    def sentence(self) -> str:
        return round_table.sentence(self.table)

    @property
    def total(self) -> str:
        """The sentence without perspectives, for a page that shows the table among other things."""
        return round_table.sentence(replace(self.table, is_split=False))

    @property
    def offers_extra_chair(self) -> bool:
        """Whether the chair for who walks in is there: not where the host switched it off, nor when no chair can be taken."""
        return self.occurrence.extra_chair and not self.is_over

    @property
    def may_walk_in(self) -> bool:
        """Whether who walks in finds a chair: the extra one, or one that is free."""
        return self.occurrence.may_walk_in

    @cached_property
    def guests(self) -> list[Guest]:
        return [guest for sign_up in self.seated if (guest := self._guest(sign_up))]

    def _guest(self, sign_up: SignUp) -> Guest | None:
        shape = sign_up.perspective if self.is_split else ""
        if self.audience == HOST:
            return Guest(sign_up.name, shape, sign_up.party - 1)
        narrowed = self.occurrence.names == Names.HOST
        if self.audience == TABLE:
            shown = not narrowed and sign_up.name_visibility != NameVisibility.HOST
            return Guest(sign_up.name if shown else "", shape, sign_up.party - 1)
        if narrowed or not sign_up.name or sign_up.name_visibility != NameVisibility.EVERYONE or self.occurrence.has_passed(self.now):
            return None
        return Guest(sign_up.name, shape, 0)

    @property
    def unnamed(self) -> int:
        """People at the table beside the guests that the public list names."""
        return self.occurrence.taken - len(self.guests)


def frame(occurrence: Occurrence, audience: str, now: datetime) -> str:
    """The live frame: #tafel and what stands beside it, in the active language (design section 6).

    Above 6,000 bytes the drawing stays out, ``data-drawing="page"`` says so, and the page fetches it.
    """
    view = TableView(occurrence, audience, now)
    text = render_to_string("meetings/_frame.html", {"view": view, "occurrence": occurrence, "with_drawing": True})
    if len(text.encode()) > MOST_BYTES:
        text = render_to_string("meetings/_frame.html", {"view": view, "occurrence": occurrence, "with_drawing": False})
    return text
