"""The scripts behind the Makefile, on machines made of a few stub programs: what they install, what they say."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
REAL = ("bash", "cat", "env", "grep", "ls", "tr")

RECORD = 'echo "${0##*/} $*" >>"$CALLS"'

Done = subprocess.CompletedProcess[str]


class Machine:
    """A PATH with nothing but the named programs; `calls` tells how the recording ones were called."""

    def __init__(self, folder: Path) -> None:
        self.bin = folder / "bin"
        self.log = folder / "calls"
        self.bin.mkdir()
        self.log.touch()
        for name in REAL:
            self.bin.joinpath(name).symlink_to(shutil.which(name) or pytest.skip(f"no {name} here"))

    def add(self, name: str, script: str = RECORD) -> None:
        path = self.bin / name
        path.write_text(f"#!{self.bin}/bash\n{script}\n")
        path.chmod(0o755)

    @property
    def calls(self) -> list[str]:
        return self.log.read_text().splitlines()

    def run(self, *command: str | Path, **environment: str) -> Done:
        env = {"PATH": str(self.bin), "CALLS": str(self.log), **environment}
        return subprocess.run(
            [str(word) for word in command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=30
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def linux(machine: Machine, *, root: bool, manager: str = "apt-get", portaudio: bool = False) -> None:
    machine.add("uname", "case ${1:--s} in -m) echo x86_64 ;; *) echo Linux ;; esac")
    machine.add("id", f"echo {0 if root else 1000}")
    machine.add("ldconfig", "echo libportaudio.so.2" if portaudio else "true")
    machine.add(manager)


# ---- .ci/system-packages ----


@pytest.mark.parametrize(
    ("manager", "line"),
    [
        ("apt-get", "sudo apt-get install libportaudio2 espeak-ng"),
        ("dnf", "sudo dnf install portaudio espeak-ng"),
        ("pacman", "sudo pacman -S portaudio espeak-ng"),
    ],
)
def test_without_root_the_one_line_is_printed_and_the_work_goes_on(manager: str, line: str, machine: Machine) -> None:
    linux(machine, root=False, manager=manager)
    done = machine.run(".ci/system-packages", "run")
    assert done.returncode == 0
    assert done.stderr == f"Missing system packages; going on without them. To get them:\n  {line}\n"
    assert machine.calls == []


def test_root_installs_what_is_missing_and_only_that(machine: Machine) -> None:
    linux(machine, root=True, portaudio=True)
    done = machine.run(".ci/system-packages", "run")
    assert (done.returncode, done.stdout) == (0, "Installing system packages: espeak-ng\n")
    assert machine.calls[0].endswith("update")
    assert machine.calls[1].endswith("install --no-install-recommends espeak-ng")


def test_with_everything_there_it_is_silent(machine: Machine) -> None:
    linux(machine, root=True, portaudio=True)
    machine.add("espeak-ng")
    done = machine.run(".ci/system-packages", "run")
    assert (done.returncode, done.stdout, done.stderr, machine.calls) == (0, "", "", [])


def test_a_failed_install_prints_the_line_too(machine: Machine) -> None:
    linux(machine, root=True)
    machine.add("apt-get", "exit 100")
    done = machine.run(".ci/system-packages", "run")
    assert done.returncode == 0
    assert done.stderr.endswith("  sudo apt-get install libportaudio2 espeak-ng\n")


def test_sudo_is_used_on_a_continuous_integration_machine_only(machine: Machine) -> None:
    linux(machine, root=False)
    machine.add("sudo")
    machine.run(".ci/system-packages", "run")
    assert machine.calls == []
    machine.run(".ci/system-packages", "run", CI="true")
    assert any(call.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get") for call in machine.calls)


def test_a_mac_needs_the_voice_only_and_asks_brew(machine: Machine) -> None:
    machine.add("uname", "echo Darwin")
    machine.add("id", "echo 501")
    done = machine.run(".ci/system-packages", "run")
    assert done.stderr.endswith("  brew install espeak-ng\n")
    machine.add("brew")
    machine.run(".ci/system-packages", "run")
    assert machine.calls == ["brew install -q espeak-ng"]


def test_the_tests_need_a_sound_card_a_terminal_and_pictures(machine: Machine) -> None:
    linux(machine, root=True)
    machine.run(".ci/system-packages", "test")
    install = machine.calls[-1]
    for package in ("libportaudio2", "espeak-ng", "sox", "tmux", "librsvg2-bin", "pulseaudio-utils"):
        assert f" {package}" in install


# ---- .ci/python ----


def python(machine: Machine, name: str, *, good: bool) -> None:
    machine.add(name, f"case $2 in *sys.exit*) exit {0 if good else 1} ;; *) echo /found/{name} ;; esac")


def test_the_newest_python_that_will_do_is_taken(machine: Machine) -> None:
    python(machine, "python3.13", good=False)
    python(machine, "python3.12", good=True)
    python(machine, "python3", good=True)
    assert machine.run(".ci/python").stdout == "/found/python3.12\n"


def test_a_python_can_be_named(machine: Machine) -> None:
    python(machine, "python3.12", good=True)
    python(machine, "mine", good=True)
    assert machine.run(".ci/python", PYTHON3="mine").stdout == "/found/mine\n"


def test_without_one_it_says_what_to_install(machine: Machine) -> None:
    linux(machine, root=False)
    python(machine, "python3", good=False)
    done = machine.run(".ci/python")
    assert (done.returncode, done.stdout) == (1, "")
    assert "needs Python 3.11, 3.12 or 3.13" in done.stderr
    assert "sudo apt-get install python3 python3-venv" in done.stderr


def test_this_python_will_do(machine: Machine) -> None:
    assert machine.run(".ci/python", PYTHON3=sys.executable).stdout == f"{sys.executable}\n"


# ---- .ci/extras ----


@pytest.fixture
def pip(machine: Machine) -> Callable[..., list[str]]:
    """Run .ci/extras with a pip that only records; the extras it installs."""

    def install(*purpose: str, report: str = "{}", status: int = 0, card: str = "/nowhere") -> list[str]:
        machine.add(
            "py", f'echo "py $*" >>"$CALLS"\ncase "$*" in *--dry-run*) echo \'{report}\' ;; *) exit {status} ;; esac'
        )
        done = machine.run(".ci/extras", machine.bin / "py", *purpose, NVIDIA_DEVICE=card)
        assert done.returncode == 0, done.stderr
        return [call.partition(" -e ")[2] for call in machine.calls if " -e " in call]

    return install


def test_linux_gets_memory_and_the_voice_only_where_no_program_is(
    machine: Machine, pip: Callable[..., list[str]]
) -> None:
    linux(machine, root=False)
    assert pip() == [".[memory]", ".[espeak]"]


def test_with_the_program_no_voice_is_installed(machine: Machine, pip: Callable[..., list[str]]) -> None:
    linux(machine, root=False)
    machine.add("espeak-ng")
    assert pip() == [".[memory]"]


def test_apple_silicon_gets_mlx(machine: Machine, pip: Callable[..., list[str]]) -> None:
    machine.add("uname", "case ${1:--s} in -m) echo arm64 ;; *) echo Darwin ;; esac")
    machine.add("espeak-ng")
    assert pip() == [".[memory]", ".[mlx]"]


def test_gigabytes_of_cuda_are_left_out(machine: Machine, pip: Callable[..., list[str]]) -> None:
    linux(machine, root=False)
    machine.add("espeak-ng")
    assert pip(report='{"name": "nvidia-cublas"}') == []
    assert pip("tests", report='{"name": "nvidia-cublas"}') == []


def test_the_tests_get_pytorch(machine: Machine, pip: Callable[..., list[str]]) -> None:
    linux(machine, root=False)
    assert pip("tests") == [".[cuda]"]
    assert any("--no-deps moshi==" in call for call in machine.calls)


def test_a_card_gets_pytorch_however_large(machine: Machine, pip: Callable[..., list[str]]) -> None:
    linux(machine, root=False)
    machine.add("espeak-ng")
    assert pip(report='{"name": "nvidia-cublas"}', card="/dev/null") == [".[cuda]", ".[memory]"]


def test_what_fails_stops_nothing(machine: Machine, pip: Callable[..., list[str]]) -> None:
    linux(machine, root=False)
    assert pip(status=1) == [".[memory]", ".[espeak]"]
