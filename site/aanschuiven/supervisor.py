"""What `bin/run` ends in: it brings the site up to date and runs one web process and one worker, started again when they fall,
stopped together by Ctrl-C. When it is killed itself, they end by themselves: nothing keeps the port or the database.

Imports nothing of Django, so that watching costs little memory. On a server the service manager does this work (Procfile).
"""

from __future__ import annotations

import errno
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass

HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")
VAR = os.environ.get("VAR_DIR", "var")
_OPTIONS = ["--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "5"]
# A compressed socket costs 40 KiB more; and a page sends nothing, so there is no reason to keep room for what comes in.
_OPTIONS += ["--ws-per-message-deflate", "false", "--ws-max-size", "1024"]
COMMANDS = {
    "web": ["-m", "uvicorn", "aanschuiven.asgi:application", "--host", HOST, "--port", PORT, *_OPTIONS],
    "worker": ["manage.py", "work"],
}
PREPARE = ["manage.py", "prepare"]
LONGEST_WAIT = 30.0  # seconds between two starts of a process that keeps falling
STEADY = 60.0  # seconds that a process must have stood to be forgiven its falls
GRACE = 10.0  # seconds that a process gets to stop
STARTED_BY = "AANSCHUIVEN_STARTED_BY"  # the id of the process that watches this one


@dataclass
class Watched:
    """A process that should be running."""

    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    starts_again_at: float = 0.0
    falls: int = 0

    def look(self, now: float) -> None:
        """Start it when it is not running and its wait is over. ``now`` is monotonic seconds."""
        if self.process is None:
            if now >= self.starts_again_at:
                # A session of its own: Ctrl-C reaches us alone, and we stop each process once.
                started_by = {STARTED_BY: str(os.getpid())}
                self.process = subprocess.Popen([sys.executable, *self.arguments], start_new_session=True, env=os.environ | started_by)
                self.started_at = now
        elif (code := self.process.poll()) is not None:
            self.falls = 0 if now - self.started_at > STEADY else self.falls + 1
            wait = min(2.0 ** (self.falls - 1) if self.falls else 0.0, LONGEST_WAIT)
            print(f"{self.name} stopped (code {code}); starting it again", file=sys.stderr, flush=True)
            self.process, self.starts_again_at = None, now + wait

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def wait(self) -> None:
        if self.process is not None:
            try:
                self.process.wait(GRACE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def end_with_the_supervisor() -> None:
    """In a process that it started: stop when the supervisor is gone, however it went (kill -9, no memory left).

    A process whose parent ends gets another one, on Linux and on macOS; that is looked at once a second. Does nothing in a
    process that anybody else started.
    """
    watcher = os.environ.get(STARTED_BY)
    if watcher is None:
        return

    def watch() -> None:
        while os.getppid() == int(watcher):
            time.sleep(1.0)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE)
        os._exit(1)  # it hangs, and nobody is left to see to it

    threading.Thread(target=watch, name="supervisor", daemon=True).start()


def what_is_in_the_way(host: str, port: str, var: str) -> str:
    """Why a site cannot run here, in a sentence with the way out; empty when it can."""
    if not port.isascii() or not port.isdigit() or not 0 < int(port) < 65536:
        return f"PORT is {port!r}: a port is a number from 1 to 65535. For example: PORT=8001 bin/run"
    try:
        os.makedirs(var, mode=0o700, exist_ok=True)  # mail in files holds secret links
    except OSError as wrong:
        return f"{os.path.abspath(var)} cannot be made ({wrong.strerror}). The site keeps its data there; VAR_DIR names another folder."
    if not os.access(var, os.W_OK):
        return f"{os.path.abspath(var)} may not be written to. The site keeps its data there; VAR_DIR names another folder."
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError as wrong:
            if wrong.errno == errno.EADDRINUSE:
                return f"Port {port} is taken. Choose another one: PORT={int(port) % 65535 + 1} bin/run"
            if wrong.errno == errno.EACCES:
                return f"Port {port} is for the administrator of this machine. Choose one above 1023: PORT=8000 bin/run"
            return f"HOST is {host!r}: that is no address of this machine. 0.0.0.0 stands for all it has."
    return ""


def prepare() -> int:
    """Bring database and files up to date; not 0 when that failed, or when Ctrl-C came in between."""
    process = subprocess.Popen([sys.executable, *PREPARE], start_new_session=True)
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait()
        return 130  # 128 and SIGINT, as a shell says it


def answers() -> bool:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(HOST, HOST)
    try:
        with urllib.request.urlopen(f"http://{host}:{PORT}/healthz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def main() -> int:
    if problem := what_is_in_the_way(HOST, PORT, VAR):
        print(problem, file=sys.stderr)
        return 1
    if failed := prepare():
        return failed
    stopping: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda caught, frame: stopping.append(caught))
    watched = [Watched(name, arguments) for name, arguments in COMMANDS.items()]
    told = False
    try:
        while not stopping:
            now = time.monotonic()
            for each in watched:
                each.look(now)
            if not told and answers():
                print(f"\nAanschuiven: {os.environ.get('BASE_URL', f'http://localhost:{PORT}')}/    (Ctrl-C stops it)\n", flush=True)
                told = True
            time.sleep(0.2)
    finally:
        for each in watched:
            each.stop()
        for each in watched:
            each.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
