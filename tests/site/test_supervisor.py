import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

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


def test_a_taken_port_is_told_beforehand():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert supervisor.is_taken("127.0.0.1", port)
        refused = subprocess.run(
            [sys.executable, "-m", "aanschuiven.supervisor"],
            cwd=settings.ROOT,
            env=os.environ | {"PORT": str(port), "HOST": "127.0.0.1", "PYTHONPATH": "site"},
            capture_output=True,
            text=True,
        )

    assert refused.returncode == 1
    assert refused.stderr == f"Port {port} is taken. Choose another one: PORT={port + 1} bin/run\n"


PROGRAM = """
import sys
from aanschuiven import supervisor
stays = "import time, pathlib, os; pathlib.Path('{name}').write_text(str(os.getpid())); time.sleep(60)"
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
    return True


def test_one_that_is_killed_comes_back_and_ctrl_c_stops_both(tmp_path):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    environment = os.environ | {"PYTHONPATH": str(settings.ROOT / "site"), "PORT": port, "HOST": "127.0.0.1"}
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path, env=environment, start_new_session=True)
    try:
        web, worker = pid_of(tmp_path / "web"), pid_of(tmp_path / "worker")
        os.kill(worker, signal.SIGKILL)
        second = pid_of(tmp_path / "worker", not_=worker)
        process.send_signal(signal.SIGINT)

        assert process.wait(15) == 0
        assert not is_running(web)
        assert not is_running(second)
    finally:
        process.kill()
        process.wait()
