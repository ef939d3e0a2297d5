"""Fifty people on the last one to five chairs, from two processes, on SQLite and on PostgreSQL.

    python -m tests.load.overbooking

Each round is a table of its own: takers alone and with company, leavers, a host who adds and takes away chairs. The control does
the same without the lock and must overbook: a race that cannot be lost proves nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, nullcontext
from datetime import timedelta
from pathlib import Path
from threading import Thread

from tests import servers
from tests.load.figures import ENVIRONMENT, ROOT, Figure, show

ROUNDS, CONTROL_ROUNDS = 10, 4
CLIENTS = 50
SEATED = 6  # before the round begins; three of them leave in it
ROUND = 3.0  # seconds: both processes begin a round at the same moment of the clock


def figures() -> list[Figure]:
    with ExitStack() as stack:
        folders = [Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aanschuiven-bench-"))) for _ in range(3)]
        environment = os.environ | ENVIRONMENT | {"VAR_DIR": str(folders[0]), "SECRET_KEY": "only-for-figures-" + os.urandom(16).hex()}
        places = {"SQLite": f"sqlite:///{folders[1] / 'seats.sqlite3'}", "PostgreSQL": servers.start_postgres(folders[2], stack)}
        return [one for name, url in places.items() for one in of_database(name, environment | {"DATABASE_URL": url})]


def of_database(name: str, environment: dict[str, str]) -> list[Figure]:
    call("migrate", environment)
    tables = call("prepare", environment, str(ROUNDS + CONTROL_ROUNDS))
    with_lock, control = race(tables[:ROUNDS], "lock", environment), race(tables[ROUNDS:], "no-lock", environment)
    return [
        Figure(f"{name}: tables with more people than chairs, of {ROUNDS}", with_lock["over"], None, "0", with_lock["over"] == 0),
        Figure(f"{name}: tables whose counters differ from the rows", with_lock["uneven"], None, "0", with_lock["uneven"] == 0),
        Figure(f"{name}: errors shown (“locked”, deadlock, …)", with_lock["errors"], None, "0", with_lock["errors"] == 0),
        Figure(f"{name}: chair changes done", with_lock["done"], None, "> 0", with_lock["done"] > 0),
        Figure(
            f"{name}: the control without the lock, tables too full of {CONTROL_ROUNDS}", control["over"], None, "> 0", control["over"] > 0
        ),
    ]


def race(tables: list[dict], lock: str, environment: dict[str, str]) -> dict[str, int]:
    begin = str(time.time() + 4)  # both have started by then
    halves = [start("clients", environment, half, begin, lock, json.dumps(tables)) for half in ("0", "1")]
    answers = [json.loads(half.communicate()[0].strip().splitlines()[-1]) for half in halves]
    for error in [error for answer in answers for error in answer["errors"]][:3] if lock == "lock" else []:
        print(error, file=sys.stderr)
    judged = call("judge", environment, json.dumps([one["id"] for one in tables]))
    return judged | {"errors": sum(len(answer["errors"]) for answer in answers), "done": sum(answer["done"] for answer in answers)}


def start(role: str, environment: dict[str, str], *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.load.overbooking", role, *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def call(role: str, environment: dict[str, str], *arguments: str):
    process = start(role, environment, *arguments)
    answer = process.communicate()[0].strip().splitlines()
    if process.returncode:
        raise RuntimeError(f"{role} ended with {process.returncode}")
    return json.loads(answer[-1])


# --- in processes of their own ---------------------------------------------------------------------------------------


def migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0)


def prepare(rounds: str) -> list[dict]:
    """A table a round with people on it, and a keyring for everyone who will come."""
    from django.utils import timezone

    from meetings import seats
    from meetings.models import Keyring, Perspective
    from tests.factories import occurrence

    now, tables = timezone.now(), []
    for number in range(int(rounds)):
        where = occurrence(starts_at=now + timedelta(days=2), capacity=SEATED + 1 + number % 5)
        people = [Keyring.objects.create().pk for _ in range(CLIENTS)]
        for pk in people[:SEATED]:
            seats.take(where.pk, Keyring.objects.get(pk=pk), Perspective.RESIDENT, now=now)
        tables.append({"id": where.pk, "capacity": where.capacity, "people": people})
    return tables


def clients(half: str, begin: str, lock: str, tables: str) -> dict:
    """Half of the clients of every round, a thread and a connection each."""
    from django.db import connection, transaction

    from meetings import seats
    from meetings.models import Occurrence

    real = seats.lock

    def read(occurrence_id: int) -> Occurrence:
        found = real(occurrence_id) if lock == "lock" else Occurrence.objects.get(pk=occurrence_id)
        time.sleep(0.002)  # the same in both: someone may come in between
        return found

    seats.lock = read
    if lock != "lock":
        seats.hold = lambda keyring: None  # nobody erases a keyring here, and it needs the transaction
        transaction.atomic = lambda **options: nullcontext()  # SQLite's IMMEDIATE would be a lock as well
    errors: list[str] = []
    done: list[int] = []

    def run(action: Callable[[], object], moment: float) -> None:
        time.sleep(max(0.0, moment - time.time()))
        try:
            action()
            done.append(1)
        except seats.SeatsError:
            done.append(1)  # a sentence for the visitor is an answer
        except Exception as error:
            errors.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    for number, table in enumerate(json.loads(tables)):
        actions = actions_of(table)[int(half) :: 2]
        threads = [Thread(target=run, args=(action, float(begin) + number * ROUND)) for action in actions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"errors": errors, "done": len(done)}


def actions_of(table: dict) -> list[Callable[[], object]]:
    """What the clients of one table do, the same list in both processes."""
    from django.utils import timezone

    from meetings import seats
    from meetings.models import Keyring, Perspective

    now, where = timezone.now(), table["id"]

    def of(pk: int) -> Keyring:
        return Keyring(pk=pk)

    actions: list[Callable[[], object]] = [lambda pk=pk: seats.leave(where, of(pk), now=now) for pk in table["people"][:3]]
    actions += [lambda chairs=chairs: seats.set_capacity(where, table["capacity"] + chairs, now=now) for chairs in (1, -1, 0)]
    for number, pk in enumerate(table["people"][SEATED:]):
        actions.append(lambda pk=pk, party=1 + number % 7 // 5: seats.take(where, of(pk), Perspective.RESIDENT, party=party, now=now))
    return actions


def judge(ids: str) -> dict[str, int]:
    from django.db.models import Sum

    from meetings.models import Occurrence, SignUp

    over = uneven = 0
    for where in Occurrence.objects.filter(pk__in=json.loads(ids)):
        people = dict(where.sign_ups.order_by().values_list("state").annotate(n=Sum("party")))
        seated = people.get(SignUp.State.SEATED, 0)
        over += seated > where.capacity
        uneven += (seated, people.get(SignUp.State.WAITING, 0)) != (where.seats_taken, where.waiting)
    return {"over": over, "uneven": uneven}


if __name__ == "__main__":
    role = sys.argv[1] if len(sys.argv) > 1 else ""
    if role in ("migrate", "prepare", "clients", "judge"):
        import django

        django.setup()
        print(json.dumps(globals()[role](*sys.argv[2:])))
    else:
        show(figures)
