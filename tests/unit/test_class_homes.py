"""Copies of learners' homes. A folder of this machine stands for a home on base."""

from __future__ import annotations

import io
import os
import stat
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from lab.errors import LabError
from lab.workshop import homes as homes_module
from lab.workshop.homes import BYTES, Homes
from tests.unit.support.classes import class_of

pytestmark = pytest.mark.usefixtures("english")
ADA, BOB = class_of(2).learners


@dataclass
class Base:
    """A seat whose base is a folder."""

    home: Path
    lab: str = "m-01"
    pace: float = 1.0
    before: list[str] = field(default_factory=list)
    """A program that is run instead of what is asked for, which it gets as arguments."""

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        assert not tty
        return ["env", f"--chdir={self.home}", *self.before, *command]


def seat(home: Path, **options: Any) -> Any:
    home.mkdir(exist_ok=True)
    return Base(home, **options)


@pytest.fixture
def homes(tmp_path: Path) -> Homes:
    return Homes(tmp_path / "class")


def written(home: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_bytes(content)


def found(home: Path) -> dict[str, bytes]:
    return {str(file.relative_to(home)): file.read_bytes() for file in home.rglob("*") if file.is_file()}


def test_what_a_learner_had_at_home_is_on_the_other_seat(homes: Homes, tmp_path: Path) -> None:
    old, new = seat(tmp_path / "old"), seat(tmp_path / "new")
    files = {"pod.yaml": b"kind: Pod", "with space/and\nline.txt": b"x", ".bashrc": b"alias k=kubectl", "-rf": b"y"}
    written(old.home, files)
    (old.home / "run.sh").write_text("true")
    (old.home / "run.sh").chmod(0o755)
    (old.home / "link").symlink_to("pod.yaml")
    homes.save(ADA, old)
    assert homes.put_back(ADA, new)
    assert found(new.home) == files | {"run.sh": b"true", "link": b"kind: Pod"}
    assert os.access(new.home / "run.sh", os.X_OK)


def test_what_was_there_on_the_other_seat_stays(homes: Homes, tmp_path: Path) -> None:
    old, new = seat(tmp_path / "old"), seat(tmp_path / "new")
    written(old.home, {"pod.yaml": b"mine"})
    written(new.home, {".profile": b"theirs", "pod.yaml": b"theirs"})
    homes.save(ADA, old)
    homes.put_back(ADA, new)
    assert found(new.home) == {".profile": b"theirs", "pod.yaml": b"mine"}


def test_keys_and_credentials_of_a_lab_stay_there(homes: Homes, tmp_path: Path) -> None:
    old, new = seat(tmp_path / "old"), seat(tmp_path / "new")
    for home, whose in ((old.home, b"old"), (new.home, b"new")):
        written(home, {".ssh/id_ed25519": whose, ".kube/config": whose})
    written(old.home, {".kube/cache/x": b"old", ".cache/x": b"old", "notes/.ssh/x": b"mine"})
    homes.save(ADA, old)
    homes.put_back(ADA, new)
    assert found(new.home) == {".ssh/id_ed25519": b"new", ".kube/config": b"new", "notes/.ssh/x": b"mine"}


def test_a_copy_that_has_other_keys_in_it_does_not_bring_them(homes: Homes, tmp_path: Path) -> None:
    new = seat(tmp_path / "new")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name in ("./.ssh/authorized_keys", "./pod.yaml"):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
    (tmp_path / "packed").write_bytes(packed.getvalue())
    homes.save(ADA, seat(tmp_path / "old", before=["sh", "-c", 'cat "$0"', str(tmp_path / "packed")]))
    homes.put_back(ADA, new)
    assert list(found(new.home)) == ["pod.yaml"]


def test_of_a_home_that_is_too_large_the_small_files_are_copied(homes: Homes, tmp_path: Path) -> None:
    old, new = seat(tmp_path / "old"), seat(tmp_path / "new")
    written(old.home, {"a-image.tar": os.urandom(BYTES), "pod.yaml": b"kind: Pod", "z.yaml": b"kind: Pod"})
    homes.save(ADA, old)
    homes.put_back(ADA, new)
    assert set(found(new.home)) == {"pod.yaml", "z.yaml"}


@pytest.mark.parametrize("said", [["yes"], ["false"], ["true"]])
def test_what_is_no_copy_does_not_take_the_place_of_the_one_before(
    homes: Homes, tmp_path: Path, said: list[str]
) -> None:
    old, new = seat(tmp_path / "old"), seat(tmp_path / "new")
    written(old.home, {"pod.yaml": b"mine"})
    homes.save(ADA, old)
    with pytest.raises(LabError) as raised:
        homes.save(ADA, seat(tmp_path / "old", before=said))
    assert raised.value.key == "class.home.save"
    homes.put_back(ADA, new)
    assert found(new.home) == {"pod.yaml": b"mine"}


def test_a_seat_that_does_not_answer_is_not_waited_for_without_end(
    homes: Homes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(homes_module, "SECONDS", 0.2)
    with pytest.raises(LabError):
        homes.save(ADA, seat(tmp_path / "old", before=["sh", "-c", "exec sleep 60"]))


def test_everybody_has_their_own_and_nobody_else_reads_it(homes: Homes, tmp_path: Path) -> None:
    old = seat(tmp_path / "old")
    written(old.home, {"pod.yaml": b"mine"})
    homes.save(ADA, old)
    assert not homes.put_back(BOB, seat(tmp_path / "new"))
    (file,) = (tmp_path / "class" / "homes").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_what_cannot_be_unpacked_is_told(homes: Homes, tmp_path: Path) -> None:
    old = seat(tmp_path / "old")
    homes.save(ADA, old)
    with pytest.raises(LabError) as raised:
        homes.put_back(ADA, seat(tmp_path / "new", before=["false"]))
    assert raised.value.key == "class.home.put_back"
