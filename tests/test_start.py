"""The starter script: what it looks for, what it says, what it makes and when it makes it again."""

import ast
import importlib.util
import io
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
AWKWARD = "Prüf stand/Klinik Größe"  # a folder's name with blanks and umlauts


@pytest.fixture
def start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[ModuleType]:
    """The script as a module, at home in an empty project in an awkwardly named folder."""
    specification = importlib.util.spec_from_file_location("clinic_desk_start", ROOT / "start.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    root = tmp_path / AWKWARD
    root.mkdir(parents=True)
    (root / "requirements.lock").write_text("six==1.0 \\\n    --hash=sha256:00\n", encoding="utf-8")
    monkeypatch.setattr(module, "ROOT", root)
    monkeypatch.setattr(module, "VENV", root / ".venv")
    monkeypatch.setattr(module, "STAMP", root / ".venv" / "clinic-desk.json")
    monkeypatch.setattr(module, "REQUIREMENTS", root / "requirements.lock")
    monkeypatch.setattr(module, "MAKE_VENV", (*module.MAKE_VENV, "--without-pip"))  # which is most of the time it takes
    monkeypatch.setattr(module, "install_requirements", lambda: None)  # the one part that needs the network
    monkeypatch.setattr(module, "check_qt", lambda: None)
    monkeypatch.setattr(module, "loads", lambda _library: True)
    return module


def this_python(start: ModuleType) -> object:
    """The interpreter of the tests as the script finds it."""
    found = start.ask_python([sys.executable])
    assert found is not None
    return found


def stub(folder: Path, name: str, answer: object) -> None:
    """A program that answers the script's question for a Python with `answer` as JSON."""
    program = folder / name
    program.write_text(f"#!/bin/sh\necho '{json.dumps(answer)}'\n", encoding="utf-8")
    program.chmod(0o755)


posix_only = pytest.mark.skipif(os.name == "nt", reason="the stand-ins for programs are shell scripts")


# --- finding Python ---------------------------------------------------------------------------------------------------


def test_the_python_that_runs_the_script_is_taken_if_it_will_do(start: ModuleType) -> None:
    found = start.find_python()
    assert found == this_python(start)
    assert found.version == sys.version_info[:2]
    assert found.supported


@posix_only
@pytest.mark.parametrize(
    ("pythons", "taken"),
    [
        ({"python3": [3, 14], "python3.12": [3, 12]}, (3, 12)),
        ({"python3": [3, 9], "python3.11": [3, 11], "python3.13": [3, 13]}, (3, 13)),
        ({"python3": [3, 11]}, (3, 11)),
    ],
)
def test_another_python_is_looked_for_when_this_one_is_too_old_or_too_new(
    start: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    pythons: dict[str, list[int]],
    taken: tuple[int, int],
) -> None:
    stub(tmp_path, "this", ["/this", [3, 14], True, True])
    for name, version in pythons.items():
        stub(tmp_path, name, [f"/{name}", version, True, True])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "this"))
    assert start.find_python().version == taken


@posix_only
def test_stubs_of_version_managers_and_unfit_builds_are_passed_over(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()
    (first / "python3.13").write_text("#!/bin/sh\nexit 127\n", encoding="utf-8")
    (first / "python3.13").chmod(0o755)
    stub(first, "python3.12", ["/free-threaded", [3, 12], False, True])
    stub(second, "python3.12", ["/good", [3, 12], True, True])
    monkeypatch.setenv("PATH", os.pathsep.join([str(first), str(second)]))
    monkeypatch.setattr(sys, "executable", str(first / "python3.13"))
    assert start.find_python().path == "/good"


@posix_only
def test_a_folder_on_the_path_that_is_closed_to_this_user_is_passed_over(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    open_folder = tmp_path / "open"
    open_folder.mkdir()
    stub(open_folder, "python3.12", ["/good", [3, 12], True, True])
    look = Path.stat

    def refuse(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if path.parent == tmp_path / "closed":  # root, who also runs this, could look into any folder
            raise PermissionError(13, "Permission denied")
        return look(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", refuse)
    monkeypatch.setenv("PATH", os.pathsep.join([str(tmp_path / "closed"), str(open_folder)]))
    monkeypatch.setattr(sys, "executable", str(open_folder / "none"))
    assert start.find_python().path == "/good"


@posix_only
def test_without_any_fitting_python_the_user_is_told_which_one_to_install(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stub(tmp_path, "python3", ["/old", [3, 9], True, True])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python3"))
    with pytest.raises(start.Stop, match=r"3\.11, 3\.12 or 3\.13") as stopped:
        start.find_python()
    assert stopped.value.code == 3


# --- what the system lacks --------------------------------------------------------------------------------------------


@pytest.fixture
def debian(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The script on a Debian without a display that has nothing Qt needs."""
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(start, "loads", lambda _library: False)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    return start


def test_an_ordinary_user_gets_the_one_line_that_installs_what_is_missing(
    debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    incomplete = debian.Python("/usr/bin/python3", (3, 11), True, False)
    with pytest.raises(debian.Stop) as stopped:
        debian.check_system(incomplete)
    assert stopped.value.code == 3
    assert (
        "  sudo apt-get install python3.11-venv libegl1 libgl1 libdbus-1-3 libfontconfig1 libglib2.0-0 libxkbcommon0\n"
    ) in str(stopped.value)


def test_root_on_debian_gets_it_installed_and_lists_are_fetched_only_when_needed(
    debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def apt_get(arguments: list[str]) -> tuple[int, str]:
        calls.append(arguments[0])
        return (100 if calls == ["install"] else 0), "E: Unable to locate package"

    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(debian, "apt_get", apt_get)
    debian.check_system(None)
    assert calls == ["install", "update", "install"]
    debian.check_system(None)
    assert calls == ["install", "update", "install", "install"]


def test_a_failed_installation_of_system_packages_shows_what_apt_said(
    debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(debian, "apt_get", lambda _arguments: (100, "E: No space left"))
    with pytest.raises(debian.Stop, match="No space left") as stopped:
        debian.check_system(None)
    assert stopped.value.code == 3


@pytest.mark.parametrize(
    ("variable", "library", "others"),
    [("DISPLAY", "libxcb-cursor.so.0", "libwayland-egl.so.1"), ("WAYLAND_DISPLAY", "libwayland-egl.so.1", "libxcb")],
)
def test_libraries_for_a_display_are_wanted_only_where_there_is_one(
    debian: ModuleType, monkeypatch: pytest.MonkeyPatch, variable: str, library: str, others: str
) -> None:
    assert set(debian.qt_libraries()) == set(debian.QT_LIBRARIES)
    monkeypatch.setenv(variable, ":0")
    assert library in debian.qt_libraries()
    assert not any(name.startswith(others) for name in debian.qt_libraries())


def test_other_systems_than_linux_need_nothing(debian: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    debian.check_system(None)


def test_without_apt_the_libraries_are_named_and_dnf_is_told_how_to_find_them(
    debian: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(debian.Stop, match=r"libEGL\.so\.1, libGL\.so\.1"):
        debian.check_system(None)
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/dnf" if name == "dnf" else None)
    with pytest.raises(debian.Stop, match=r"sudo dnf install 'libEGL\.so\.1\(\)\(64bit\)'"):
        debian.check_system(None)


def test_a_library_that_is_not_there_does_not_load(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert not start.loads("libno-such-thing.so.9")


# --- the environment --------------------------------------------------------------------------------------------------


def test_a_new_environment_knows_the_project_whatever_its_folder_is_called(start: ModuleType) -> None:
    package = start.ROOT / "clinic_desk"
    package.mkdir()
    (package / "__main__.py").write_text("import sys\nprint(sys.argv[1:])\n", encoding="utf-8")
    start.prepare()
    done = subprocess.run(
        start.command_line("demo", ["--shots", "a b"]), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout == "['demo', '--shots', 'a b']\n"
    assert not list(start.site_packages(sys.version_info[:2]).glob("six*"))


def test_an_environment_is_made_once_and_again_only_when_the_lock_changes(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bool] = []
    monkeypatch.setattr(start, "install_requirements", lambda: made.append(True))
    start.prepare()
    start.prepare()
    assert len(made) == 1
    start.REQUIREMENTS.write_text("six==1.1 \\\n    --hash=sha256:11\n", encoding="utf-8")
    start.prepare()
    start.prepare()
    assert len(made) == 2


def test_a_second_start_adds_less_than_half_a_second(start: ModuleType) -> None:
    start.prepare()
    before = os.times()
    start.prepare()
    after = os.times()
    # processor time, its own and its children's: what it would take on a computer that does nothing else
    assert sum(after[:4]) - sum(before[:4]) < 0.5


def test_an_environment_of_another_python_version_is_made_again(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    start.prepare()
    assert start.is_ready()
    other = next(version for version in start.SUPPORTED if version != sys.version_info[:2])
    monkeypatch.setattr(sys, "version_info", (*other, 0, "final", 0))
    assert not start.is_ready()
    monkeypatch.setattr(sys, "version_info", (3, 14, 0, "final", 0))  # unfit itself, it takes what is there
    assert start.is_ready()


@posix_only
def test_an_environment_whose_python_has_gone_is_made_again(start: ModuleType) -> None:
    start.prepare()
    start.venv_python().unlink()
    assert not start.is_ready()
    start.prepare()
    assert start.is_ready()


@pytest.mark.parametrize("broken_off_in", ["install_requirements", "put_project_on_path", "check_qt"])
def test_an_interrupted_installation_is_repaired_by_the_next_start(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch, broken_off_in: str
) -> None:
    def interrupted(*_arguments: object) -> None:
        raise KeyboardInterrupt

    start.prepare()
    start.REQUIREMENTS.write_text("six==1.1 \\\n    --hash=sha256:11\n", encoding="utf-8")
    with monkeypatch.context() as patched:
        patched.setattr(start, broken_off_in, interrupted)
        with pytest.raises(KeyboardInterrupt):
            start.prepare()
    (start.VENV / "half-written").touch()
    assert not start.is_ready()
    start.prepare()
    assert start.is_ready()
    assert not (start.VENV / "half-written").exists()


def test_two_first_starts_at_once_install_once(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[bool] = []
    installing, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        made.append(True)
        installing.set()
        assert go_on.wait(60)

    monkeypatch.setattr(start, "install_requirements", slowly)
    said: list[str] = []

    def say(text: str) -> None:
        said.append(text)
        if text.startswith("Another start is installing"):
            go_on.set()

    monkeypatch.setattr(start, "say", say)
    starts = [threading.Thread(target=start.prepare) for _ in range(2)]
    starts[0].start()
    assert installing.wait(60)
    starts[1].start()
    for each in starts:
        each.join()
    assert made == [True]
    assert go_on.is_set()


KILLED_START = """
import importlib.util, pathlib, sys
specification = importlib.util.spec_from_file_location("start", sys.argv[1])
start = importlib.util.module_from_spec(specification)
specification.loader.exec_module(start)
start.ROOT = pathlib.Path(sys.argv[2])
start.REQUIREMENTS = start.ROOT / "requirements.lock"
start.venv_python = lambda: start.ROOT / "pip"
with start.only_installer():
    start.install_requirements()
"""


@posix_only
def test_while_the_pip_of_a_killed_start_still_works_the_next_start_waits(start: ModuleType) -> None:
    pip, begun, go_on = start.ROOT / "pip", start.ROOT / "begun", start.ROOT / "go on"
    os.mkfifo(begun)
    os.mkfifo(go_on)
    pip.write_text(f"#!/bin/sh\necho > '{begun}'\nread line < '{go_on}'\n", encoding="utf-8")
    pip.chmod(0o755)
    killed = subprocess.Popen([sys.executable, "-c", KILLED_START, str(ROOT / "start.py"), str(start.ROOT)])
    begun.read_text(encoding="utf-8")  # waits for the pip to begin
    killed.kill()
    killed.wait()
    with (start.ROOT / ".venv.lock").open("a+b") as file:
        try:
            with pytest.raises(BlockingIOError):
                start.lock(file, wait=False)
        finally:
            go_on.write_text("\n", encoding="utf-8")
        start.lock(file, wait=True)


@posix_only
def test_a_folder_that_may_not_be_written_is_named(start: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise PermissionError(13, "Permission denied", str(start.VENV))

    monkeypatch.setattr(start, "make_environment", refuse)
    with pytest.raises(start.Stop, match=r"Not allowed to write in .*venv") as stopped:
        start.prepare()
    assert stopped.value.code == 4


def test_packages_are_installed_by_hash_only_and_nothing_is_built(
    start: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    commands: list[list[str]] = []

    class Pip(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], **named: object) -> None:
            commands.append(command)
            super().__init__([sys.executable, "-c", "print('nothing today'); raise SystemExit(1)"], **named)  # type: ignore[call-overload]

    monkeypatch.setattr(subprocess, "Popen", Pip)
    with pytest.raises(start.Stop, match="nothing today") as stopped:
        start.install_requirements()
    assert stopped.value.code == 4
    assert {"--require-hashes", "--only-binary=:all:", "-I"} <= set(commands[0])


def test_progress_is_shown_in_few_lines(start: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [f"Collecting name{number}==1.0" for number in range(1, 31)] + [
        "  Downloading x",
        "Installing collected packages: …",
    ]
    output = start.follow(io.BytesIO("\n".join(lines).encode()), 30)
    assert output.splitlines() == lines
    assert capsys.readouterr().err.splitlines() == [
        "  10/30 name10==1.0",
        "  20/30 name20==1.0",
        "  30/30 name30==1.0",
        "  unpacking...",
    ]


# --- the command line -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("demo", ["clinic_desk", "demo", "-x"]),
        ("run", ["clinic_desk", "-x"]),
        ("test", ["pytest", "-n", "3", "-x"]),
    ],
)
def test_each_command_starts_what_it_says(start: ModuleType, name: str, ending: list[str]) -> None:
    assert start.command_line(name, ["-x"]) == [str(start.venv_python()), "-P", "-m", *ending]


@pytest.mark.parametrize(("arguments", "code"), [([], 2), (["dmeo"], 2), (["--help"], 0)])
def test_wrong_usage_explains_the_right_one(arguments: list[str], code: int) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "start.py"), *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == code
    assert "start.py demo" in (done.stderr if code else done.stdout)


def test_the_exit_code_of_what_was_started_is_passed_on(start: ModuleType) -> None:
    (start.ROOT / "clinic_desk").mkdir()
    (start.ROOT / "clinic_desk" / "__main__.py").write_text("raise SystemExit(7)\n", encoding="utf-8")
    start.prepare()
    shutil.copy(ROOT / "start.py", start.ROOT)
    done = subprocess.run(
        [sys.executable, str(start.ROOT / "start.py"), "demo"], cwd=start.ROOT.parent, check=False, timeout=60
    )
    assert done.returncode == 7


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_the_lock_holds_hashes_for_everything_and_addresses_of_nothing(name: str) -> None:
    lines = (ROOT / name).read_text(encoding="utf-8").splitlines()
    assert not [line for line in lines if "://" in line or line.startswith("-")]
    packages = [number for number, line in enumerate(lines) if "==" in line and not line.startswith("#")]
    assert packages
    assert all(lines[number + 1].lstrip().startswith("--hash=sha256:") for number in packages)


@pytest.mark.parametrize(
    ("name", "extras"), [("requirements.lock", ["test"]), ("requirements-dev.lock", ["test", "dev"])]
)
def test_the_lock_answers_what_the_project_asks_for(name: str, extras: list[str]) -> None:
    pins = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE)
    locked = {canonicalize_name(package): version for package, version in pins}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = project["dependencies"] + [each for extra in extras for each in project["optional-dependencies"][extra]]
    wanted = [each for each in map(Requirement, asked) if each.name != "clinic-desk"]
    assert wanted
    assert [str(each) for each in wanted if locked.get(canonicalize_name(each.name), "0") not in each.specifier] == []


def test_the_script_can_be_read_by_pythons_older_than_the_program_needs() -> None:
    source = (ROOT / "start.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 8))
