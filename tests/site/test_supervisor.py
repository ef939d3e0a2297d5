import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from aanschuiven import supervisor
from aanschuiven.supervisor import Watched


@pytest.fixture
def falling() -> Iterator[Watched]:
    watched = Watched("faller", ["-c", "raise SystemExit(3)"])
    yield watched
    watched.stop()
    watched.wait()


def fall(watched: Watched, now: float) -> None:
    watched.process.wait(10)
    watched.look(now)


def test_a_fallen_process_is_started_again_later_and_later(falling, capsys):
    waits = []
    now = 100.0
    for _ in range(7):
        falling.look(now)
        fall(falling, now)
        waits.append(falling.starts_again_at - now)
        now = falling.starts_again_at

    assert waits == [1, 2, 4, 8, 16, 30, 30]
    assert "faller stopped (code 3); starting it again" in capsys.readouterr().err


def test_it_waits_for_its_turn(falling):
    falling.look(100.0)
    fall(falling, 100.0)

    falling.look(100.5)
    assert falling.process is None
    falling.look(101.0)
    assert falling.process is not None


def test_a_process_that_stood_for_a_minute_is_started_at_once(falling):
    falling.look(100.0)
    fall(falling, 161.0)

    assert falling.starts_again_at == 161.0


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """What bin/run ends in, with its data in ``folder``, where it can only refuse to start."""
    return subprocess.run(
        [sys.executable, "-m", "aanschuiven.supervisor"],
        cwd=settings.ROOT,
        env=os.environ | {"HOST": "127.0.0.1", "PYTHONPATH": "site", "VAR_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
    )


def test_a_taken_port_is_told_before_anything_is_done(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        refused = start(tmp_path, PORT=str(port))

    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == f"Port {port} is taken. Choose another one: PORT={port % 65535 + 1} bin/run\n"
    assert list(tmp_path.iterdir()) == []  # no database, and a link that was printed before still works


@pytest.mark.parametrize("port", ["abc", "", "0", "99999", "-1", "8000.5", "٣"])
def test_a_port_that_is_none_is_told(tmp_path, port):
    refused = start(tmp_path, PORT=port)

    assert refused.returncode == 1
    assert refused.stderr == f"PORT is {port!r}: a port is a number from 1 to 65535. For example: PORT=8001 bin/run\n"


def test_an_address_of_another_machine_is_told(tmp_path):
    refused = start(tmp_path, PORT="8000", HOST="192.0.2.1")  # RFC 5737: nobody's

    assert refused.returncode == 1
    assert refused.stderr == "HOST is '192.0.2.1': that is no address of this machine. 0.0.0.0 stands for all it has.\n"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.touch()

    refused = start(in_the_way / "var", PORT="8000")

    assert refused.returncode == 1
    assert refused.stderr.startswith(f"{in_the_way}/var cannot be made (Not a directory). The site keeps its data there")


def test_a_folder_that_may_not_be_written_to_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # whoever runs the tests may be root, who may do all

    problem = supervisor.what_is_in_the_way("127.0.0.1", "8000", str(tmp_path))

    assert problem == f"{tmp_path} may not be written to. The site keeps its data there; VAR_DIR names another folder."


def test_a_port_for_the_administrator_is_told(tmp_path, monkeypatch):
    def refuse(*args):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refuse)

    assert supervisor.what_is_in_the_way("127.0.0.1", "80", str(tmp_path)).startswith("Port 80 is for the administrator of this machine.")


PROGRAM = """
import sys
from aanschuiven import supervisor
stays = "import time, pathlib, os; pathlib.Path('{name}').write_text(str(os.getpid())); time.sleep(60)"
supervisor.PREPARE = ["-c", sys.argv[1]]
supervisor.COMMANDS = {name: ["-c", stays.format(name=name)] for name in ("web", "worker")}
sys.exit(supervisor.main())
"""


def pid_of(path: Path, not_: int = 0) -> int:
    for _ in range(200):
        if path.exists() and path.read_text() and int(path.read_text()) != not_:
            return int(path.read_text())
        time.sleep(0.05)
    raise AssertionError(f"{path.name} did not start")


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")  # what ended stands there as a zombie until the first process of the machine looks
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def ends(pid: int, seconds: float = 20.0) -> bool:
    until = time.monotonic() + seconds
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.1)
    return not is_running(pid)


REAL = """
import pathlib, sys
from aanschuiven import supervisor
supervisor.PREPARE = ["-c", ""]
look = supervisor.Watched.look
def look_and_tell(self, now):
    look(self, now)
    if self.process:
        pathlib.Path(supervisor.VAR, self.name).write_text(str(self.process.pid))
supervisor.Watched.look = look_and_tell
sys.exit(supervisor.main())
"""


@contextmanager
def supervised(
    folder: Path, prepare: str = "", program: str = PROGRAM, cwd: Path | None = None, out: int | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """The supervisor in ``folder``; ``prepare`` is Python that stands for the preparation."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    # The settings of the tests are those of a database that is not there: the site makes its own.
    kept = {name: value for name, value in os.environ.items() if name not in ("BASE_URL", "DATABASE_URL", "REDIS_URL", "SECRET_KEY")}
    environment = kept | {"PYTHONPATH": str(settings.ROOT / "site"), "PORT": port, "HOST": "127.0.0.1", "VAR_DIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-c", program, prepare], cwd=cwd or folder, env=environment, start_new_session=True, stdout=out, stderr=out
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_one_that_is_killed_comes_back_and_ctrl_c_stops_both(tmp_path):
    with supervised(tmp_path) as process:
        web, worker = pid_of(tmp_path / "web"), pid_of(tmp_path / "worker")
        os.kill(worker, signal.SIGKILL)
        second = pid_of(tmp_path / "worker", not_=worker)
        process.send_signal(signal.SIGINT)

        assert process.wait(15) == 0
        assert not is_running(web)
        assert not is_running(second)


def test_nothing_starts_when_the_site_could_not_be_brought_up_to_date(tmp_path):
    with supervised(tmp_path, prepare="raise SystemExit(3)") as process:
        assert process.wait(15) == 3
    assert not (tmp_path / "web").exists()


def test_ctrl_c_stops_a_preparation_as_well(tmp_path):
    busy = "import time, pathlib, os; pathlib.Path('busy').write_text(str(os.getpid())); time.sleep(60)"
    with supervised(tmp_path, prepare=busy) as process:
        preparing = pid_of(tmp_path / "busy")
        process.send_signal(signal.SIGINT)

        assert process.wait(15) == 130
    assert not is_running(preparing)
    assert not (tmp_path / "web").exists()


def test_the_site_ends_when_its_supervisor_is_killed_and_leaves_the_port_free(tmp_path):
    with supervised(tmp_path, program=REAL, cwd=settings.ROOT, out=subprocess.PIPE) as process:
        assert process.stdout
        line = next(line for line in process.stdout if line.startswith(b"Aanschuiven: "))  # the web process answers
        port = urlsplit(line.split()[1].decode()).port
        web, worker = pid_of(tmp_path / "web"), pid_of(tmp_path / "worker")
        process.kill()

        assert ends(web)
        assert ends(worker)
    assert supervisor.what_is_in_the_way("127.0.0.1", str(port), str(tmp_path)) == ""


@pytest.mark.parametrize("hangs", [False, True], ids=["in order", "hanging"])
def test_a_process_whose_supervisor_is_gone_before_it_looks_ends_too(tmp_path, hangs):
    code = f"""
import signal, time
from aanschuiven import supervisor
supervisor.GRACE = 0.2
if {hangs}:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
supervisor.end_with_the_supervisor()
time.sleep(60)
"""
    gone = os.environ | {"PYTHONPATH": str(settings.ROOT / "site"), supervisor.STARTED_BY: "1073741823"}

    done = subprocess.run([sys.executable, "-c", code], env=gone, timeout=30)

    assert done.returncode == (1 if hangs else -signal.SIGTERM)


def test_a_process_that_nobody_supervises_goes_on(monkeypatch):
    monkeypatch.delenv(supervisor.STARTED_BY, raising=False)

    supervisor.end_with_the_supervisor()

    assert "supervisor" not in [thread.name for thread in threading.enumerate()]
