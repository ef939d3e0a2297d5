"""The parts of bin/run that need no network: finding Python, what is missing, what was done before."""

import subprocess
from pathlib import Path

import pytest
from django.conf import settings

PYTHON = """#!/bin/sh
case "$*" in *ensurepip*) [ -e "{folder}/installed" ] || exit 1 ;; esac
case "$*" in *"-m venv"*) mkdir -p "$3/bin"; exit 0 ;; esac
exec /usr/bin/env -i PATH=/usr/bin:/bin python3 "$@"
"""
APT = """#!/bin/sh
echo "$*" >>"{folder}/asked"
[ "$1" = install ] && touch "{folder}/installed"
exit 0
"""
ID = "#!/bin/sh\necho {number}\n"


@pytest.fixture
def machine(tmp_path: Path):
    """A Debian whose Python has no venv: ``machine(root=True)`` runs a line of bash there, in an empty folder."""
    folder = tmp_path / "bin"
    folder.mkdir()

    def write(name: str, text: str) -> None:
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    def run(line: str, *, root: bool) -> subprocess.CompletedProcess[str]:
        write("python3", PYTHON.format(folder=folder))
        write("apt-get", APT.format(folder=folder))
        write("id", ID.format(number=0 if root else 1000))
        script = f'set -euo pipefail; . "{settings.ROOT}/bin/_venv"; {line}'
        return subprocess.run(["bash", "-c", script], cwd=tmp_path, env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True)

    return run


def test_what_is_missing_is_installed_for_root(machine, tmp_path):
    made = machine("make_venv", root=True)

    assert made.returncode == 0, made.stderr
    assert (tmp_path / ".venv" / "bin").is_dir()
    asked = (tmp_path / "bin" / "asked").read_text().splitlines()
    assert asked[0].startswith("update")
    assert asked[1].startswith("install")
    assert asked[1].endswith("-venv")


def test_what_is_missing_is_named_with_the_command_for_anybody_else(machine, tmp_path):
    refused = machine("make_venv", root=False)

    assert refused.returncode == 1
    assert "Install it with: sudo apt-get install python3." in refused.stderr
    assert not (tmp_path / "bin" / "asked").exists()


def test_an_old_python_is_named_with_the_way_to_another(machine, tmp_path):
    old = '#!/bin/sh\ncase "$*" in --version) echo "Python 3.9.2" ;; *) exit 1 ;; esac\n'
    refused = machine(
        f"for name in python3 python3.11 python3.12 python3.13 python3.14; do printf '%s' '{old}' >{tmp_path}/bin/$name;"
        f" chmod +x {tmp_path}/bin/$name; done; make_venv",
        root=True,
    )

    assert refused.returncode == 1
    assert refused.stderr.startswith("Python 3.11 or newer is needed; python3 is Python 3.9.2. If another one is installed, say where:")
    assert not (tmp_path / "bin" / "asked").exists()  # another package of the same name changes nothing


def test_a_list_is_installed_once_until_it_changes(machine, tmp_path):
    pip = tmp_path / ".venv" / "bin" / "python"
    pip.parent.mkdir(parents=True)
    pip.write_text(f'#!/bin/sh\necho "$*" >>"{tmp_path}/installs"\n')
    pip.chmod(0o755)
    (tmp_path / "requirements.txt").write_text("django==5.2.19\n")

    machine("install_pinned requirements.txt; install_pinned requirements.txt", root=False)
    (tmp_path / "requirements.txt").write_text("django==5.2.20\n")
    machine("install_pinned requirements.txt", root=False)

    installs = (tmp_path / "installs").read_text().splitlines()
    assert len(installs) == 2
    assert all("--require-hashes" in line for line in installs)


@pytest.mark.parametrize("name", ["run", "test", "_venv"])
def test_the_commands_are_written_for_an_old_bash(name):
    script = settings.ROOT / "bin" / name
    text = script.read_text()

    assert subprocess.run(["bash", "-n", script], capture_output=True).returncode == 0
    # bash 3.2 (macOS) has none of these, and BSD tools no long options of GNU
    for novelty in ("declare -A", "mapfile", "readarray", "wait -n", "${!", ",,}", "^^}", "&>>", "readlink -f", "sed -i "):
        assert novelty not in text
