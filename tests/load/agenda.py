"""The agenda at 10,000 and at 1,000,000 dates, on SQLite and on PostgreSQL: times, and the plans of every list.

    python -m tests.load.agenda

One database grows, so both sizes are measured by one process. The clock of the lists stands at six in the evening: most of the
day is over, and its rows come before the first one that is shown.
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

from tests import servers
from tests.load.figures import ENVIRONMENT, ROOT, Figure, show

SMALL, LARGE = 10_000, 1_000_000
RATIO = 1.5
DAYS, PAST = 425, 30  # dates from 30 days ago to beyond the horizon
COUNTS = {"neighbourhood": 83, "place": 401, "initiative": 211, "meeting": 2003}  # no divisors in common with DAYS
ROUNDS = 60
BAD_PLAN = re.compile(r"\bSCAN\b|TEMP B-TREE|Seq Scan|\bSort\b|Aggregate")  # "Index Scan" is what it should be
BAD_SQL = re.compile(r"\bCOUNT\(|\bOFFSET\b", re.IGNORECASE)


def figures() -> list[Figure]:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))) for _ in range(3)]
        environment = os.environ | ENVIRONMENT | {"VAR_DIR": str(folders[0]), "SECRET_KEY": "only-for-figures-" + os.urandom(16).hex()}
        places = {"SQLite": f"sqlite:///{folders[1] / 'agenda.sqlite3'}", "PostgreSQL": servers.start_postgres(folders[2], stack)}
        return [one for name, url in places.items() for one in of_database(name, environment | {"DATABASE_URL": url})]


def of_database(name: str, environment: dict[str, str]) -> list[Figure]:
    command = [sys.executable, "-m", "tests.load.agenda", "--measure"]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    small, large = json.loads(done.stdout.strip().splitlines()[-1])
    found = [
        Figure(f"{name}: {what}, 1 M beside 10 k dates", ms, small["ms"][what], f"≤ {RATIO} ×", ms <= RATIO * small["ms"][what], "ms")
        for what, ms in large["ms"].items()
    ]
    queries = large["queries"]
    found.append(Figure(f"{name}: queries of the first page", queries, small["queries"], "the same", queries == small["queries"]))
    for plan in large["bad"]:
        print(f"{name}: {plan}", file=sys.stderr)
    found.append(Figure(f"{name}: lists with a sort, scan, count or offset", len(large["bad"]), None, "0", not large["bad"]))
    return found


def measure() -> None:
    """In a process of its own, with DATABASE_URL set: migrate, fill, measure, fill further, measure again; prints JSON."""
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.test.utils import override_settings

    call_command("migrate", verbosity=0)
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # the manifest exists on a site only
    with override_settings(STORAGES={**settings.STORAGES, "staticfiles": plain}):
        prepare()
        results = []
        for first, last in ((0, SMALL), (SMALL, LARGE)):
            fill(first, last)
            results.append(times_and_plans())
    print(json.dumps(results))


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


def times_and_plans() -> dict:
    """Best times in milliseconds, the queries of the page, and the plans that are not what they should be."""
    from django.db import connection
    from django.http import QueryDict
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from meetings.agenda import Filter, cursor_of

    evening = timezone.localtime().replace(hour=18, minute=0)
    half_way = Filter.from_query(QueryDict("")).queryset(evening + (evening - evening.replace(hour=0)) * 200)[0]
    lists = {
        "no choice": "",
        "wijk": "wijk=wijk-5",
        "plek": "plek=plek-7",
        "voor": "voor=initiatief-9",
        "soort": "soort=ontmoeting",
        "three wijken": "wijk=wijk-5&wijk=wijk-6&wijk=wijk-7",
        "half a year further": f"na={cursor_of(half_way)}",
        "wijk half a year further": f"wijk=wijk-5&na={cursor_of(half_way)}",
    }
    visitor = Client(SERVER_NAME="localhost")
    ms = {"first page": best(lambda: visitor.get("/agenda/"))}
    bad = []
    for name, query in lists.items():
        choice = Filter.from_query(QueryDict(query))
        ms[f"list, {name}"] = best(partial(choice.page, now=evening))
        with CaptureQueriesContext(connection) as asked:
            assert len(choice.page(now=evening).items) > 10, name
        for one in asked:
            with connection.cursor() as cursor:
                cursor.execute(("EXPLAIN QUERY PLAN " if connection.vendor == "sqlite" else "EXPLAIN ") + one["sql"].replace("%", "%%"))
                plan = " / ".join(str(row[-1]).strip() for row in cursor.fetchall())
            if BAD_PLAN.search(plan) or BAD_SQL.search(one["sql"]):
                bad.append(f"{name}: {plan}")
    with CaptureQueriesContext(connection) as asked:
        assert visitor.get("/agenda/").status_code == 200
    return {"ms": ms, "bad": bad, "queries": len(asked)}


def best(action: Callable[[], object]) -> float:
    """Milliseconds of the quickest of many: whatever else the machine does can only add to it."""
    action()
    taken = []
    for _ in range(ROUNDS):
        begun = time.perf_counter()
        action()
        taken.append(time.perf_counter() - begun)
    return 1000 * min(taken)


if __name__ == "__main__":
    measure() if "--measure" in sys.argv else show(figures)
