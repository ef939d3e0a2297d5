"""Run a command beside a private PostgreSQL and Redis, and stop both whatever happens.

    python tests/servers.py pytest tests -q

They listen on free ports of the loopback address, keep their data in a temporary folder, and never write it to disk for
good (``fsync`` off): made for tests. PostgreSQL refuses to run as root, so root starts it as ``postgres`` (Debian's package
makes that user), else as ``nobody``.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from glob import glob
from pathlib import Path

START = 30.0  # seconds that a server gets


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + START
    while time.monotonic() < ends and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"No server on port {port} within {START:.0f} s:\n{log.read_text()[-2000:]}")


def stop(process: subprocess.Popen[bytes], number: int) -> None:
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def postgres_binary(name: str) -> str:
    found = sorted(glob(f"/usr/lib/postgresql/*/bin/{name}"), key=lambda path: float(path.split("/")[4])) or [shutil.which(name)]
    if not found[-1]:
        raise SystemExit(f"{name} is missing: sudo apt-get install postgresql")
    return found[-1]


def someone_else() -> dict[str, int]:
    """Whom PostgreSQL runs as: arguments of Popen."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid}
    raise SystemExit("PostgreSQL does not run as root, and there is no user postgres or nobody")


def start_postgres(folder: Path, servers: ExitStack) -> str:
    """Its DATABASE_URL. The folder must be empty."""
    runs_as = someone_else()
    if runs_as:
        os.chown(folder, runs_as["user"], runs_as["group"])
    data, log, port = folder / "data", folder / "log", free_port()
    initdb = [postgres_binary("initdb"), "-D", data, "-U", "aanschuiven", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
    made = subprocess.run(initdb, cwd=folder, capture_output=True, text=True, **runs_as)
    if made.returncode:
        raise SystemExit(f"initdb: {made.stdout}{made.stderr}")
    options = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "max_connections=200"]
    options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
    command = [postgres_binary("postgres"), "-D", str(data), *(word for option in options for word in ("-c", option))]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=folder, stdout=out, stderr=out, start_new_session=True, **runs_as)
    servers.callback(stop, process, signal.SIGINT)  # "fast": ends connections, then stops
    wait_for(port, process, log)
    return f"postgres://aanschuiven@127.0.0.1:{port}/postgres"


def start_redis(folder: Path, servers: ExitStack) -> str:
    """Its REDIS_URL."""
    log, port = folder / "log", free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, start_new_session=True)
    servers.callback(stop, process, signal.SIGTERM)
    wait_for(port, process, log)
    return f"redis://127.0.0.1:{port}/0"


def main(command: list[str]) -> int:
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, frame: sys.exit(128 + caught))
    with ExitStack() as servers:
        folders = [
            Path(servers.enter_context(tempfile.TemporaryDirectory(prefix=f"aanschuiven-{name}-"))) for name in ("postgres", "redis")
        ]
        environment = {
            "DATABASE_URL": start_postgres(folders[0], servers),
            "REDIS_URL": start_redis(folders[1], servers),
            "SECRET_KEY": "only-for-tests-" + os.urandom(16).hex(),
        }
        process = subprocess.Popen(command, env=os.environ | environment)
        servers.callback(stop, process, signal.SIGTERM)
        return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
