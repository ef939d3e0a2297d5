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
MOST_BYTES = 6000  # of a frame
MOST_CHAIRS = 60  # drawn in a frame
MOST_NAMES = 60  # in "Wie komen er?"; who comes after them is counted


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
            is_dated=self.occurrence.starts_at is not None,
            is_split=self.is_split,
            is_over=self.is_over,
        )

    @cached_property
    def drawing(self) -> SafeString:
        return round_table.svg(self.table, mine=self.mine.chairs if self.mine else ())

    @property
    def drawn_chairs(self) -> int:
        return round_table.size(self.table)[0]

    @property
    def people_a_chair(self) -> int:
        return round_table.size(self.table)[1]

    @property
    def sentence(self) -> str:
        return round_table.sentence(self.table)

    @property
    def total(self) -> str:
        """The sentence without perspectives, for a page that shows the table among other things."""
        return round_table.sentence(replace(self.table, is_split=False))

    @property
    def offers_extra_chair(self) -> bool:
        """Whether the chair for who walks in is there: not where the host switched it off, nor when no chair can be taken.

        A table without a day draws it and does not offer it."""
        return self.occurrence.has_chair_for_walk_ins and not self.is_over

    @property
    def may_walk_in(self) -> bool:
        """Whether who walks in finds a chair: the extra one, or one that is free."""
        return self.occurrence.may_walk_in

    @cached_property
    def guests(self) -> list[Guest]:
        return [guest for sign_up in self.seated if (guest := self._guest(sign_up))]

    @property
    def lines(self) -> list[Guest]:
        """Those whom "Wie komen er?" lists."""
        return self.guests[:MOST_NAMES]

    @property
    def has_more(self) -> bool:
        """Whether more may be named than it lists."""
        return len(self.guests) > MOST_NAMES

    @property
    def beyond(self) -> int:
        """People at the table whom it does not list, nor counts with who brings them."""
        return self.occurrence.taken - sum(1 + guest.others for guest in self.lines)

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


def frame(occurrence: Occurrence, audience: str, now: datetime) -> str:
    """The live frame: #tafel and what stands beside it, in the active language (design section 6).

    What would make it larger than 6,000 bytes stays out, and the page fetches it: first the names (``data-names="page"``), then the
    drawing (``data-drawing="page"``), which is never in the frame of more than 60 chairs.
    """
    view = TableView(occurrence, audience, now)
    may_draw = view.drawn_chairs <= MOST_CHAIRS
    for with_drawing, with_names in ((may_draw, True), (may_draw, False), (False, False)):
        context = {"view": view, "occurrence": occurrence, "with_drawing": with_drawing, "leaves_names_out": not with_names}
        text = render_to_string("meetings/_frame.html", context)
        if len(text.encode()) <= MOST_BYTES:
            break
    return text
