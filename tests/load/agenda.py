"""The agenda at 10,000 and at 1,000,000 dates, on SQLite and on PostgreSQL: times, and the plans of every list.

    python -m tests.load.agenda

Each size has a database and a process of its own, and they are timed in turns: what else the machine does meets both alike. The
clock of the lists stands at six in the evening: most of the day is over, and its rows come before the first one that is shown.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from tests import servers
from tests.load.figures import ENVIRONMENT, ROOT, Figure, show

SMALL, LARGE = 10_000, 1_000_000
RATIO = 1.5
DAYS, PAST = 425, 30  # dates from 30 days ago to beyond the horizon
COUNTS = {"neighbourhood": 83, "place": 401, "initiative": 211, "meeting": 2003}  # no divisors in common with DAYS
TURNS, ROUNDS = 12, 10
BAD_PLAN = re.compile(r"\bSCAN\b|TEMP B-TREE|Seq Scan|\bSort\b|Aggregate")  # "Index Scan" is what it should be
BAD_SQL = re.compile(r"\bCOUNT\(|\bOFFSET\b", re.IGNORECASE)


def figures() -> list[Figure]:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))) for _ in range(3)]
        environment = os.environ | ENVIRONMENT | {"VAR_DIR": str(folders[0]), "SECRET_KEY": "only-for-figures-" + os.urandom(16).hex()}
        (folders[0] / "static").mkdir()
        large = servers.start_postgres(folders[2], stack)
        with psycopg.connect(large, autocommit=True) as server:
            server.execute("CREATE DATABASE small")
        databases = {
            "SQLite": (f"sqlite:///{folders[1] / 'small.sqlite3'}", f"sqlite:///{folders[1] / 'large.sqlite3'}"),
            "PostgreSQL": (large.rpartition("/")[0] + "/small", large),
        }
        return [one for name, urls in databases.items() for one in of_database(name, urls, environment)]


def of_database(name: str, urls: tuple[str, str], environment: dict[str, str]) -> list[Figure]:
    with ExitStack() as stack:
        small, large = (
            stack.enter_context(Measurer(size, environment | {"DATABASE_URL": url})) for size, url in zip((SMALL, LARGE), urls, strict=True)
        )
        turns = [(small.ask("times"), large.ask("times")) for _ in range(TURNS)]
        base, ms = ({what: min(turn[n][what] for turn in turns) for what in turns[0][n]} for n in (0, 1))
        few, many = small.ask("plans"), large.ask("plans")
    found = [
        Figure(f"{name}: {what}, 1 M beside 10 k dates", ms[what], base[what], f"≤ {RATIO} ×", ms[what] <= RATIO * base[what], "ms")
        for what in ms
    ]
    found.append(
        Figure(f"{name}: queries of the first page", many["queries"], few["queries"], "the same", many["queries"] == few["queries"])
    )
    for plan in many["bad"]:
        print(f"{name}: {plan}", file=sys.stderr)
    found.append(Figure(f"{name}: lists with a sort, scan, count or offset", len(many["bad"]), None, "0", not many["bad"]))
    return found


class Measurer:
    """A process with one database of one size, which measures when it is asked to and is idle in between."""

    def __init__(self, size: int, environment: dict[str, str]) -> None:
        command = [sys.executable, "-m", "tests.load.agenda", "--measure", str(size)]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, what: str) -> Any:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def __enter__(self) -> Measurer:
        self.ask("fill")
        return self

    def __exit__(self, *fault: object) -> None:
        if self.process.stdin:
            self.process.stdin.close()  # nothing more to ask: it ends
        self.process.wait()


def measure(size: int) -> None:
    """In a process of its own, with DATABASE_URL set: answer each line of stdin with a line of JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # the manifest exists on a site only
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        for line in sys.stdin:
            answer: Any = None
            if line == "fill\n":
                call_command("migrate", verbosity=0)
                prepare()
                fill(0, size)
            elif line == "times\n":
                answer = times()
            else:
                answer = plans()
            print(json.dumps(answer), flush=True)


def prepare() -> None:
    """The rows that dates point at, and date 0 to copy."""
    from meetings.models import Initiative, Meeting
    from places.models import Neighbourhood, Place

    wijken = Neighbourhood.objects.bulk_create(Neighbourhood(name=f"Wijk {n}", slug=f"wijk-{n}") for n in range(COUNTS["neighbourhood"]))
    Place.objects.bulk_create(
        Place(name=f"Plek {n}", slug=f"plek-{n}", neighbourhood=wijken[n % len(wijken)]) for n in range(COUNTS["place"])
    )
    Initiative.objects.bulk_create(Initiative(name=f"Initiatief {n}", slug=f"initiatief-{n}") for n in range(COUNTS["initiative"]))
    Meeting.objects.bulk_create(Meeting(title=f"Tafel {n}", slug=f"tafel-{n}") for n in range(COUNTS["meeting"]))


def fill(first: int, last: int) -> None:
    """Dates ``first`` to ``last``, written by the database itself: 28 half hours a day, one in twenty not listed."""
    from django.db import connection
    from django.utils import timezone

    from meetings.models import Initiative, Meeting, Occurrence
    from places.models import Neighbourhood, Place

    sqlite = connection.vendor == "sqlite"
    begin = timezone.localtime().replace(hour=8, minute=0, second=0, microsecond=0).astimezone(timezone.get_fixed_timezone(0))
    minutes = f"((n % {DAYS} - {PAST}) * 1440 + ((n / {DAYS}) % 28) * 30"
    if sqlite:
        at = f"strftime('%%Y-%%m-%%d %%H:%%M:%%S', '{begin:%Y-%m-%d %H:%M:%S}', {minutes} + {{more}}) || ' minutes')"
    else:
        at = f"timestamptz '{begin:%Y-%m-%d %H:%M:%S+00}' + {minutes} + {{more}}) * interval '1 minute'"
    nth = f"n / {COUNTS['meeting']}"  # of its meeting: a key of its own, which need not be its day
    key = f"date('2020-01-01', ({nth}) || ' days')" if sqlite else f"to_char(date '2020-01-01' + {nth}, 'YYYY-MM-DD')"
    true, false = ("1", "0") if sqlite else ("true", "false")
    values = {
        "date_key": key,
        "starts_at": at.format(more=0),
        "ends_at": at.format(more=120),
        "changed_at": "CURRENT_TIMESTAMP",
        "listed": f"CASE WHEN n % 20 = 7 THEN {false} ELSE {true} END",
        "kind": "CASE WHEN (n / 3) % 2 = 0 THEN 'activiteit' ELSE 'ontmoeting' END",
        "slug": "'tafel'",
        "title": "'Tafel ' || n",
        "capacity": "12",
        "is_exception": false,
        "is_closed": false,
        "total_only": false,
        "extra_chair": true,
        "status": "'gaat-door'",
        "time_zone": "'Europe/Amsterdam'",
        "balance": "'geen'",
        "names": "'zelf'",
        "formal_start": "2",
    }
    for model, name in ((Neighbourhood, "neighbourhood"), (Place, "place"), (Initiative, "initiative"), (Meeting, "meeting")):
        values[name] = f"{model.objects.order_by('id').values_list('id', flat=True)[0]} + n % {COUNTS[name]}"
    columns, selected = [], []
    for field in Occurrence._meta.concrete_fields:
        if field.primary_key or field.generated:
            continue
        empty = "NULL" if field.null else "''" if field.get_internal_type() == "CharField" else "0"
        columns.append(f'"{field.column}"')
        selected.append(values.get(field.name, empty))
    with connection.cursor() as cursor:
        if sqlite:
            cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute(
            f"INSERT INTO {Occurrence._meta.db_table} ({', '.join(columns)}) "
            f"WITH RECURSIVE numbers(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM numbers WHERE n < {last - 1}) "
            f"SELECT {', '.join(selected)} FROM numbers".replace("%%", "%")
        )
        cursor.execute("ANALYZE" if sqlite else f"VACUUM ANALYZE {Occurrence._meta.db_table}")


def lists() -> dict[str, partial]:
    """The first page of every kind of list, by name, each to be called for its Page."""
    from django.http import QueryDict
    from django.utils import timezone

    from meetings.agenda import Filter, cursor_of

    evening = timezone.localtime().replace(hour=18, minute=0)
    half_way = Filter.from_query(QueryDict("")).queryset(evening + (evening - evening.replace(hour=0)) * 200)[0]
    queries = {
        "no choice": "",
        "wijk": "wijk=wijk-5",
        "plek": "plek=plek-7",
        "voor": "voor=initiatief-9",
        "soort": "soort=ontmoeting",
        "three wijken": "wijk=wijk-5&wijk=wijk-6&wijk=wijk-7",
        "half a year further": f"na={cursor_of(half_way)}",
        "wijk half a year further": f"wijk=wijk-5&na={cursor_of(half_way)}",
    }
    return {name: partial(Filter.from_query(QueryDict(query)).page, now=evening) for name, query in queries.items()}


def times() -> dict[str, float]:
    """Best times of one turn, in milliseconds."""
    from django.test import Client

    visitor = Client(SERVER_NAME="localhost")
    return {"first page": best(lambda: visitor.get("/agenda/"))} | {f"list, {name}": best(page) for name, page in lists().items()}


def plans() -> dict:
    """The plans that are not what they should be, and the number of queries of the page."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    bad = []
    for name, page in lists().items():
        with CaptureQueriesContext(connection) as asked:
            assert len(page().items) > 10, name
        for one in asked:
            with connection.cursor() as cursor:
                cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + one["sql"].replace("%", "%%"))
                plan = " / ".join(str(row[-1]).strip() for row in cursor.fetchall())
            if BAD_PLAN.search(plan) or BAD_SQL.search(one["sql"]):
                bad.append(f"{name}: {plan}")
    visitor, numbers = Client(SERVER_NAME="localhost"), []
    for _ in range(4):
        with CaptureQueriesContext(connection) as asked:
            assert visitor.get("/agenda/").status_code == 200
        numbers.append(len(asked))
    return {"bad": bad, "queries": min(numbers)}  # without what is looked up every few seconds


def best(action: Callable[[], object]) -> float:
    """Milliseconds of the quickest of some: whatever else the machine does can only add to it."""
    action()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return 1000 * min(taken)


if __name__ == "__main__":
    measure(int(sys.argv[2])) if sys.argv[1:2] == ["--measure"] else show(figures)
