"""The round table: who sits on which chair, and its drawing as SVG.

A chair number goes round the table with a stride, so that nobody is grouped; the chair at the bottom has the last number
and fills last, so that there is one waiting for whoever looks: only a party that can sit together no other way gets it
earlier. Somebody who sits stays where they sit: the numbers are stored with the sign-up, and a number that falls free is
used again first.

The drawing is hidden from screen readers (the sentence beside it is the content), holds no style (strict CSP) and nothing
that a visitor wrote. Shapes come from ``templates/_shapes.html`` by ``<use>``, which keeps a frame of a table small.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import ceil, cos, dist, gcd, pi, radians, sin

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

# most chairs, rings, radius of the table, largest half chair
TIERS = ((12, 1, 112, 25.0), (24, 1, 130, 17.0), (60, 2, 116, 12.0), (110, 3, 104, 9.5), (200, 4, 88, 8.0))
OPEN_SIZES = (8, 12, 16, 24, 40, 60, 100, 150, 200)  # chairs drawn when there is no limit: the next size up
PEOPLE_A_CHAIR = (1, 2, 3, 4, 5, 10, 20, 50, 100, 200, 500, 1000)
LOOKS = {"bewoner": "resident", "praktijk": "practice", "beleid": "policy", "mens": "person"}  # classes of site.css
OWN_DOT = 2.2  # how large your own dot is in a big room; whom you bring: 1.5 (aanschuiven.js draws them so too)
WITH_BACKS = 24  # up to so many chairs have a back and a picture; above it they are dots


@dataclass(frozen=True)
class Layout:
    """Where ``n`` chairs stand: by place, counted from the bottom, (angle in degrees, radius)."""

    spots: tuple[tuple[float, float], ...]
    half: float  # half the size of a chair
    table: float  # radius of the table top
    place_of: tuple[int, ...]  # place by chair number

    def point(self, number: int) -> tuple[float, float]:
        angle, radius = self.spots[self.place_of[number]]
        return radius * cos(radians(angle)), radius * sin(radians(angle))


@lru_cache(maxsize=256)
def layout(n: int) -> Layout:
    _most, rings, table, largest = next((tier for tier in TIERS if n <= tier[0]), TIERS[-1])
    if rings == 1:
        half = min(largest, 0.4 * 2 * pi * (table + largest) / n)
        spots = [(90 + 360 * i / n, table + half + 4) for i in range(n)]
    else:
        gap = (194 - table) / rings
        radii = [table + gap * (k + 0.5) for k in range(rings)]
        counts = [round(n * r / sum(radii)) for r in radii]
        counts[-1] += n - sum(counts)
        half = min(largest, 0.44 * gap, *(0.44 * 2 * pi * r / c for r, c in zip(radii, counts, strict=True)))
        spots = sorted((90 + 360 * i / c, r) for r, c in zip(radii, counts, strict=True) for i in range(c))
    step = max(1, round(n * 0.382))  # near the golden section: neighbours in number sit apart
    while gcd(step, n) != 1:
        step += 1
    return Layout(tuple(spots), half, table, tuple(i * step % n for i in range(1, n + 1)))


def drawn_chairs(capacity: int | None, taken: int) -> int:
    return capacity or next((n for n in OPEN_SIZES if n > taken), taken + 1)


def chairs_for(party: int, in_use: set[int], capacity: int | None, keep: Sequence[int] = ()) -> list[int]:
    """Chair numbers for a party: the lowest free number, and for who bring others the free chairs that stand closest together.

    ``keep`` are chairs of their own that stay. Without a limit the table grows by what is needed. The last number, which waits
    for whoever looks, goes to a party only where it would not sit together otherwise.
    """
    n = drawn_chairs(capacity, len(in_use) + party)
    own = list(keep[:party])
    free = [number for number in range(n) if number not in in_use and number not in own]
    more = party - len(own)
    if party == 1 or not more or n > TIERS[-1][0]:  # one drawn chair stands for several people: near means the next number
        return own + free[:more]
    point = [layout(n).point(number) for number in range(n)]

    def grown(start: list[int]) -> list[int]:
        middle = [point[min(number, n - 1)] for number in start]
        near = sorted(
            (number for number in free if number not in start),
            key=lambda number: (round(sum(dist(one, point[number]) for one in middle)), number == n - 1, number),
        )
        return start + near[: party - len(start)]

    def spread(chairs: list[int]) -> tuple[int, bool]:
        return round(sum(dist(point[a], point[b]) for a, b in combinations(chairs, 2))), n - 1 in chairs

    return grown(own) if own else min((grown([number]) for number in free[:WITH_BACKS]), key=spread)


@dataclass(frozen=True)
class Table:
    """What a drawing needs: by chair number a perspective, "mens" where it is not shown, or None for a free chair."""

    seats: Sequence[str | None]
    capacity: int | None
    taken: int
    extra_chair: bool = True
    is_dated: bool = True  # on a day that somebody can walk in
    chair: str = ""  # the drawing of the extra chair (places.models.rows.Chair)
    is_split: bool = True  # show perspectives
    is_over: bool = False

    @property
    def offers_walk_in(self) -> bool:
        """Whether the extra chair is spoken of."""
        return self.extra_chair and self.is_dated


def counts(table: Table) -> list[tuple[str, str, int]]:
    """(perspective, words, number) for every perspective somebody has."""
    words = {
        "bewoner": lambda n: ngettext("%(n)d bewoner", "%(n)d bewoners", n),
        "praktijk": lambda n: pgettext("aan tafel", "%(n)d uit de praktijk"),
        "beleid": lambda n: pgettext("aan tafel", "%(n)d van beleid"),
    }
    numbers = ((perspective, table.seats.count(perspective)) for perspective in words)
    return [(perspective, words[perspective](n) % {"n": n}, n) for perspective, n in numbers if n]


def sentence(table: Table) -> str:
    """What the drawing shows, for eyes and ears: "7 van de 12 stoelen bezet: 4 bewoners, … En een stoel extra …"."""
    if not table.taken and table.is_over:
        return _("Niemand op de lijst.")
    if not table.taken:
        text = _("Nog niemand aan tafel. Alle stoelen zijn vrij.") if table.capacity else _("Nog niemand aan tafel.")
    elif table.capacity:
        text = ngettext("%(n)d van de %(all)d stoelen bezet", "%(n)d van de %(all)d stoelen bezet", table.taken) % {
            "n": table.taken,
            "all": table.capacity,
        }
    else:
        text = ngettext("%(n)d mens aan tafel", "%(n)d mensen aan tafel", table.taken) % {"n": table.taken}
    if table.taken:
        parts = ", ".join(words for _perspective, words, _n in counts(table)) if table.is_split else ""
        text += f": {parts}." if parts else "."
    if table.is_over:
        return text
    if table.capacity and table.taken >= table.capacity:
        full = (
            _("Vol op de lijst. Loop gerust binnen: er staat een stoel extra.")
            if table.offers_walk_in
            else _("Vol. De wachtlijst is open.")
        )
        return f"{text} {full}"
    extra = _("En een stoel extra voor wie zo binnenloopt.")
    return f"{text} {extra}" if table.offers_walk_in else text


def _n(value: float) -> str:
    """A coordinate, as short as it can be without showing it."""
    return f"{value:.1f}".rstrip("0").rstrip(".").replace("-0", "0") if abs(value) < 0.05 else f"{value:.1f}".removesuffix(".0")


def _chair(who: str | None, angle: float, radius: float, half: float, number: int, marks: str) -> str:
    """One chair with its back, in units of which 12.5 are half its size; a free one stands back a little."""
    reach = (radius + (0 if who else half * 0.3)) * 12.5 / half
    place = f'transform="translate({reach:.0f})rotate({_n(-angle)})"'
    shape = f'href="#stoel-{who or "vrij"}"'
    you = pgettext("op de vrije stoel", "jij?")
    drawn = f'<g {place}><use {shape}/><text y="2.8">{you}</text></g>' if "next" in marks else f"<use {shape} {place}/>"
    return (
        f'<g transform="rotate({_n(angle)})"><g class="seat {LOOKS[who] if who else "empty"}{marks}" data-chair="{number}">'
        f'<use class="back" href="#rug" x="{reach + 12.75:.0f}"/>{drawn}</g></g>'
    )


def _dot(who: str | None, angle: float, radius: float, half: float, number: int, marks: str) -> str:
    """A chair in a big room, in units of which 11.5 are half its size: its shape alone; your own is large and has its picture."""
    x, y = (radius * 11.5 / half * turned(radians(angle)) for turned in (cos, sin))
    is_mine = "mine" in marks
    place = (
        f'transform="translate({x:.0f} {y:.0f})scale({1.5 if "beside" in marks else OWN_DOT})"' if is_mine else f'x="{x:.0f}" y="{y:.0f}"'
    )
    shape = f"#{'stoel' if is_mine else 'punt'}-{who or 'vrij'}"
    return f'<use class="seat {LOOKS[who] if who else "empty"}{marks}" data-chair="{number}" href="{shape}" {place}/>'


def _cups(angles: Sequence[float], radius: float) -> str:
    """A cup before everyone with a chair: a marker at each point of one line, twice at the first, for a line has two ends."""
    points = [f"{radius * cos(radians(angle)):.0f},{radius * sin(radians(angle)):.0f}" for angle in angles]
    marker = "".join(f' marker-{where}="url(#kopje)"' for where in ("start", "mid", "end"))
    return f'<polyline class="cups" fill="none"{marker} points="{" ".join((*points, points[0]))}"/>' if points else ""


def on_the_table(table: Table) -> tuple[str, str]:
    """The two lines in the middle: a number and what it counts."""
    if table.is_over or table.capacity is None:
        return str(table.taken), _("aan tafel")
    free = table.capacity - table.taken
    if free > 0:
        return str(free), ngettext("stoel vrij", "stoelen vrij", free)
    return _("Vol"), _("op de lijst") if table.offers_walk_in else _("wachtlijst open")


def size(table: Table) -> tuple[int, int]:
    """(chairs in the drawing, people a chair)."""
    highest = max((number + 1 for number, who in enumerate(table.seats) if who), default=0)
    chairs = drawn_chairs(table.capacity, max(table.taken, highest - 1))
    each = next((m for m in PEOPLE_A_CHAIR if chairs <= 200 * m), PEOPLE_A_CHAIR[-1])
    return ceil(chairs / each), each


def svg(table: Table, mine: Sequence[int] = ()) -> SafeString:
    """The drawing. ``mine``: the visitor's own chairs, the first turned to the bottom."""
    n, each = size(table)
    shown = list(table.seats[::each])
    plan = layout(n)
    number_at = {place: number for number, place in enumerate(plan.place_of)}
    own = [number // each for number in mine]
    with_backs = n <= WITH_BACKS
    turn = 90 - plan.spots[plan.place_of[own[0]]][0] if own else 0
    out: list[str] = []
    cups: list[float] = []
    on_top: list[str] = []
    for place, (spot, radius) in enumerate(plan.spots):
        number, angle = number_at[place], (spot + turn) % 360
        who = shown[number] if number < len(shown) else None
        is_mine = number in own
        marks = (
            (" mine" if number == own[0] else " mine beside")
            if is_mine
            else " next"
            if who is None and not own and place == 0 and not table.is_over
            else ""
        )
        drawn = (_chair if with_backs else _dot)(who, angle, radius, plan.half, number, marks)
        if is_mine:
            on_top.insert(0 if "beside" in marks else len(on_top), drawn)  # your own lies on top
        else:
            out.append(drawn)
        if who and with_backs:
            cups.append(angle)
    big, small = on_the_table(table)
    extra = (
        f'<use class="walk-in" href="#{"-".join(filter(None, ("stoel-extra", table.chair)))}" transform="translate(175 167) scale(.8)"/>'
        if table.extra_chair and not table.is_over
        else ""
    )
    yours = pgettext("op het kaartje bij jouw stoel", "jij")
    card = (
        f'<g class="card" transform="translate(0 {_n(plan.table - 17)})"><rect x="-25" y="-13" width="50" height="25" rx="4"/>'
        f'<text y="5">{yours}</text></g>'
    )
    chairs_at = f'<g transform="scale({plan.half / (12.5 if with_backs else 11.5):.3f})">{"".join((*out, *on_top))}</g>'
    # Safe: numbers, our own class names, chairs and translated words; nothing here was typed by a visitor.
    return mark_safe(  # noqa: S308
        '<svg class="round-table" viewBox="-200 -200 400 400" aria-hidden="true"><circle class="lamp" r="199"/>'
        f'{extra}{chairs_at}<circle class="top" r="{_n(plan.table)}"/><circle class="edge" r="{_n(plan.table - 5)}"/>'
        f'{_cups(cups, plan.table - 15)}{card}<text class="big" y="12">{big}</text><text class="small" y="38">{small}</text></svg>'
    )


def mini(taken: int, capacity: int | None) -> SafeString:
    """The table in a list: twelve chairs at most, filled by share. Decoration: the words stand beside it."""
    n = min(capacity or 8, 12)
    full = round(n * taken / capacity) if capacity else min(taken, n - 1)
    filled = set(layout(n).place_of[: max(full, min(taken, 1))])
    dots = "".join(
        f'<circle class="{"on" if i in filled else "off"}" cx="{17.5 * cos(a):.1f}" cy="{17.5 * sin(a):.1f}" r="3.5"/>'
        for i in range(n)
        for a in [pi / 2 + 2 * pi * i / n]
    )
    # Safe for the same reason as svg().
    return mark_safe(  # noqa: S308
        f'<svg class="mini-table" viewBox="-24 -24 48 48" aria-hidden="true"><circle class="top" r="10.5"/>{dots}</svg>'
    )
