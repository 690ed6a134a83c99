"""The command line: its verbs, exit codes and outputs. The lab behind it is a stand-in."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import lab.cluster
from checkers.api import Finding, Text, Verdict
from lab import cli, i18n, paths
from lab.authoring.prove import Case, Proof, Why
from lab.authoring.recall import Wanted
from lab.authoring.workbench import Impossible, Result
from lab.catalog.model import Exercise
from lab.cluster import record
from lab.cluster.engine import State, Status
from lab.cluster.record import Record
from lab.errors import LabError
from lab.grading.grade import Grade, Graded, OnFinding
from lab.practice.session import Session
from lab.progress import OnProgress, Progress

EXERCISE = "busybox-security-context"
VERBS = (
    *("setup", "up", "down", "status", "doctor", "shell", "ssh", "kubectl"),
    *("list", "task", "start", "grade", "hint", "solution", "reset", "history", "note", "prove", "author"),
)


class StandIn:
    """An engine that remembers what it was asked."""

    name = "kind"
    lab = "cks"

    def __init__(self, state: State = State.READY) -> None:
        self.state = state
        self.asked: list[Any] = []
        self.fails: BaseException | None = None

    def up(self, progress: OnProgress) -> None:
        self.asked.append("up")
        progress(Progress(step="Nodes", number=1, steps=1, elapsed=0))
        if self.fails is not None:
            raise self.fails
        self.state = State.READY

    def down(self, progress: OnProgress) -> None:
        self.asked.append("down")
        self.state = State.ABSENT

    def status(self) -> Status:
        return Status("kind", "cks", self.state, "v1.35.4", {"kube-control-plane": "Ready", "kube-worker-1": "Ready"})

    def nodes(self) -> Sequence[SimpleNamespace]:
        return [SimpleNamespace(name="kube-control-plane"), SimpleNamespace(name="kube-worker-1")]

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        self.asked.append((command, tty))
        return [sys.executable, "-c", "import sys; sys.stdout.write(sys.stdin.read()); sys.exit(7)"]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> StandIn:
    """The lab of every name; the user has no settings and speaks English."""
    engine = StandIn()
    monkeypatch.setattr(i18n, "_chosen", None)
    monkeypatch.setenv("CKSLAB_LANG", "en")
    for variable in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / variable))

    def create_lab(name: str, wish: Record) -> StandIn:
        engine.asked.append({"name": name, "wish": wish})
        return engine

    monkeypatch.setattr(lab.cluster, "create_lab", create_lab, raising=False)
    monkeypatch.setattr(lab.cluster, "open_lab", lambda name: engine, raising=False)
    return engine


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[SimpleNamespace]:
    """What `doctor` is going to find."""
    found: list[SimpleNamespace] = []
    monkeypatch.setitem(sys.modules, "lab.cluster.doctor", SimpleNamespace(examine=lambda *asked: found))
    return found


Output = pytest.CaptureFixture[str]


def test_up_makes_the_lab_as_asked_and_says_what_there_is(engine: StandIn, capsys: Output) -> None:
    engine.state = State.ABSENT
    assert cli.main(["up", "--name", "mine", "--runtime", "podman", "--image", "build"]) == 0
    assert engine.asked == [{"name": "mine", "wish": Record(runtime="podman", image="build")}, "up"]
    assert "kube-worker-1" in capsys.readouterr().out


@pytest.mark.parametrize("argv", [["--name", "mine", "up"], ["up", "--name", "mine"]])
def test_the_lab_may_be_named_before_the_verb_or_after(engine: StandIn, argv: list[str]) -> None:
    cli.main(argv)
    assert engine.asked[0]["name"] == "mine"


@pytest.mark.parametrize("verb", ["up", "status"])
def test_json_is_all_that_standard_output_holds(engine: StandIn, capsys: Output, verb: str) -> None:
    assert cli.main([verb, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "engine": "kind",
        "lab": "cks",
        "state": "ready",
        "kubernetes": "v1.35.4",
        "nodes": {"kube-control-plane": "Ready", "kube-worker-1": "Ready"},
        "detail": "",
    }


@pytest.mark.parametrize("state", State)
def test_status_says_in_each_language_what_to_do(engine: StandIn, capsys: Output, state: State) -> None:
    engine.state = state
    for language in i18n.LANGUAGES:
        assert cli.main(["status", "--lang", language]) == (0 if state is State.READY else 3)
        assert "cks (kind): " in capsys.readouterr().out


def test_down(engine: StandIn, capsys: Output) -> None:
    assert cli.main(["down"]) == 0
    assert engine.asked == ["down"]
    assert "cks" in capsys.readouterr().out


def test_setup_passes_on_what_was_chosen(engine: StandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, object] = {}
    image = SimpleNamespace(setup=lambda progress, **chosen: asked.update(chosen))
    monkeypatch.setitem(sys.modules, "lab.cluster.image.node_image", image)
    assert cli.main(["setup", "--yes"]) == 0
    assert asked == {"runtime": None, "image": "auto", "yes": True}


def test_doctor_ends_with_3_if_there_is_a_problem(
    engine: StandIn, examined: list[SimpleNamespace], capsys: Output
) -> None:
    examined.append(SimpleNamespace(name="disk", state="ok", says="90 GB free", next_step=""))
    assert cli.main(["doctor"]) == 0
    examined.append(SimpleNamespace(name="engine", state="problem", says="none", next_step="ckslab setup"))
    assert cli.main(["doctor"]) == 3
    assert capsys.readouterr().out.endswith("engine: none\n    ckslab setup\n")
    cli.main(["doctor", "--json"])
    assert json.loads(capsys.readouterr().out)[1] == vars(examined[1])


def test_doctor_examines_for_the_engine_and_the_cluster_that_are_asked_about(
    engine: StandIn, monkeypatch: pytest.MonkeyPatch, capsys: Output
) -> None:
    asked: list[tuple[str, ...]] = []
    doctor = SimpleNamespace(examine=lambda *of: asked.append(of) or [])
    monkeypatch.setitem(sys.modules, "lab.cluster.doctor", doctor)
    cli.main(["doctor", "--engine", "pods", "--kubeconfig", "/host.conf", "--context", "east"])
    cli.main(["doctor"])
    assert asked == [("cks", "pods", "/host.conf", "east"), ("cks", "", "", "")]


def test_an_error_is_told_on_standard_error_and_the_exit_code_is_3(engine: StandIn, capsys: Output) -> None:
    engine.fails = LabError("runtime.missing", "podman: not found")
    assert cli.main(["up", "--json"]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert "No container runtime" in err
    assert "podman: not found" in err
    assert "ckslab setup --yes" in err


def test_ctrl_c_ends_with_130_and_no_traceback(engine: StandIn, capsys: Output) -> None:
    engine.fails = KeyboardInterrupt()
    assert cli.main(["up"]) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_what_the_operating_system_refuses_is_told_too(engine: StandIn, capsys: Output) -> None:
    engine.fails = OSError(28, "No space left on device")
    assert cli.main(["up"]) == 3
    assert "No space left on device" in capsys.readouterr().err


@pytest.mark.parametrize(
    "line", ["fly", "grade", "up --engine steam", "--name ../x up", "--lang fr list", "list -- ls", "hint a b"]
)
def test_wrong_usage_is_2_and_names_the_help(engine: StandIn, capsys: Output, line: str) -> None:
    assert cli.main(line.split()) == 2
    assert "--help" in capsys.readouterr().err
    assert engine.asked == []


def test_without_a_terminal_the_app_is_one_hint_and_2(engine: StandIn, capsys: Output) -> None:
    assert cli.main([]) == 2
    assert "ckslab --help" in capsys.readouterr().err


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_every_verb_has_help_in_each_language(engine: StandIn, capsys: Output, language: str) -> None:
    assert cli.main(["--lang", language, "--help"]) == 0
    overview = capsys.readouterr().out
    for verb in VERBS:
        assert f"    {verb} " in overview
        assert cli.main(["--lang", language, verb, "--help"]) == 0
    assert cli.main(["--lang", language, "author", "check", "--help"]) == 0


def test_the_saved_language_is_spoken_unless_the_environment_says_another(
    engine: StandIn, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths.private(paths.settings().parent)
    paths.settings().write_text("language: zh\n")
    cli.main(["down"])
    assert "cks." in capsys.readouterr().out
    monkeypatch.delenv("CKSLAB_LANG")
    cli.main(["down"])
    assert "已全部删除" in capsys.readouterr().out


@pytest.mark.parametrize("content", ["language: [", "language: fr", "colour: red", "- zh"])
def test_settings_that_cannot_be_read_are_named(
    engine: StandIn, capsys: Output, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.delenv("CKSLAB_LANG")
    monkeypatch.setenv("LANG", "C.UTF-8")
    paths.private(paths.settings().parent)
    paths.settings().write_text(content)
    assert cli.main(["status"]) == 2
    assert str(paths.settings()) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (["shell"], ()),
        (["shell", "--", "id", "-u"], ("id", "-u")),
        (["kubectl", "--", "get", "pods", "--name", "x"], ("kubectl", "get", "pods", "--name", "x")),
        (["kubectl", "get", "pods", "-A"], ("kubectl", "get", "pods", "-A")),
        (["kubectl", "--", "exec", "p", "--", "id"], ("kubectl", "exec", "p", "--", "id")),
        (["ssh", "kube-worker-1"], ("ssh", "kube-worker-1")),
        (["ssh", "kube-worker-1", "--", "echo", "a b"], ("ssh", "kube-worker-1", "echo 'a b'")),
    ],
)
def test_a_command_reaches_base_word_by_word(engine: StandIn, argv: list[str], command: tuple[str, ...]) -> None:
    assert cli.main(argv) == 7
    assert engine.asked == [(command, False)]


def test_an_unknown_node_is_answered_with_those_there_are(engine: StandIn, capsys: Output) -> None:
    assert cli.main(["ssh", "kube-worker-9", "--", "id"]) == 2
    assert "kube-control-plane, kube-worker-1" in capsys.readouterr().err


def test_list_is_a_line_an_exercise(engine: StandIn, capsys: Output) -> None:
    assert cli.main(["list"]) == 0
    assert any(line.split()[0] == EXERCISE for line in capsys.readouterr().out.splitlines())


def test_list_says_what_this_engine_cannot_do_and_why(engine: StandIn, capsys: Output) -> None:
    record.save("cks", record.Record(lacks={"apparmor": "capability.shared-kernel"}))
    assert cli.main(["list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    (place,) = (number for number, line in enumerate(lines) if "not possible" in line.lower())
    assert lines[place - 1].split()[0] == "apparmor-localhost"
    assert "this machine's own kernel" in lines[place]
    cli.main(["list", "--json"])
    told = {own["id"]: own["impossible"] for own in json.loads(capsys.readouterr().out)}
    assert told["apparmor-localhost"] == i18n.text("capability.shared-kernel")
    assert told[EXERCISE] == ""


def test_list_as_json(engine: StandIn, capsys: Output) -> None:
    assert cli.main(["list", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)[0]
    assert first["id"] == EXERCISE
    keys = "id domain title source objective minutes level points requires impossible"
    assert list(first) == keys.split()


@pytest.mark.parametrize("verb", ["task", "hint", "solution"])
def test_what_is_read_is_in_the_language_asked_for(engine: StandIn, capsys: Output, verb: str) -> None:
    said = []
    for language in i18n.LANGUAGES:
        assert cli.main(["--lang", language, verb, EXERCISE]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] != said[1]


def test_hints_come_one_by_one(engine: StandIn, capsys: Output) -> None:
    assert cli.main(["hint", EXERCISE]) == 0
    assert f"ckslab hint {EXERCISE} 2" in capsys.readouterr().out
    for number in ("0", "99"):
        assert cli.main(["hint", EXERCISE, number]) == 2


@pytest.mark.parametrize("line", ["task", "start", "grade", "grade --json", "hint", "solution", "reset", "prove"])
def test_an_unknown_exercise_is_answered_with_the_nearest(engine: StandIn, capsys: Output, line: str) -> None:
    assert cli.main([*line.split(), "busybox-securty"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert EXERCISE in err


@pytest.mark.parametrize("argv", [["start", EXERCISE], ["reset", EXERCISE], ["reset"]])
def test_start_and_reset_are_the_sessions(
    engine: StandIn, capsys: Output, monkeypatch: pytest.MonkeyPatch, argv: list[str]
) -> None:
    asked: list[str] = []

    def remember(session: Session, exercise: Exercise | None = None, progress: OnProgress | None = None) -> None:
        asked.append(exercise.id if exercise else "all")

    monkeypatch.setattr(Session, argv[0], remember)
    assert cli.main(argv) == 0
    assert asked == [argv[1] if argv[1:] else "all"]


def found(exercise: Exercise, verdict: Verdict) -> Grade:
    """A grade with this verdict for every criterion."""
    finding = Finding(verdict, Text("user 1000", ""), Text("user 0", ""), Text("root may do more", ""))
    criteria = tuple(
        Graded(criterion, finding, criterion.points if verdict is Verdict.PASS else 0)
        for criterion in exercise.criteria
    )
    return Grade(exercise, "kind", "v1.35.4", datetime(2026, 1, 2, tzinfo=UTC), 1.5, criteria)


@pytest.mark.parametrize(
    ("verdict", "code"), [(Verdict.PASS, 0), (Verdict.FAIL, 1), (Verdict.BROKEN, 3), (Verdict.UNSEEN, 3)]
)
def test_the_exit_code_of_a_grade_is_its_verdict(
    engine: StandIn, capsys: Output, monkeypatch: pytest.MonkeyPatch, verdict: Verdict, code: int
) -> None:
    def grade(session: Session, exercise: Exercise, on_finding: OnFinding | None = None) -> Grade:
        grade = found(exercise, verdict)
        for graded in grade.criteria:
            if on_finding:
                on_finding(graded)
        return grade

    monkeypatch.setattr(Session, "grade", grade)
    assert cli.main(["grade", EXERCISE]) == code
    assert ("user 0" in capsys.readouterr().out) == (verdict is not Verdict.PASS)
    assert cli.main(["grade", EXERCISE, "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["exercise", "engine", "kubernetes", "started", "seconds", "score", "max", "criteria"]
    assert list(told["criteria"][0]) == ["id", "points", "earned", "verdict", "expected", "found", "why"]


@pytest.mark.parametrize(
    ("problems", "is_labs", "code"),
    [((), False, 0), (("a: predicted pass, got fail",), False, 1), (("gone",), True, 3)],
)
def test_prove_ends_with_1_if_an_answer_is_not_as_predicted_and_with_3_if_the_lab_was_in_the_way(
    engine: StandIn,
    capsys: Output,
    monkeypatch: pytest.MonkeyPatch,
    problems: tuple[str, ...],
    is_labs: bool,
    code: int,
) -> None:
    def prove(
        session: Session, exercises: Sequence[Exercise], wanted: Wanted, *_: object, **__: object
    ) -> Iterator[Result]:
        assert wanted.force
        case = Case(exercises[0], exercises[0].answers[0])
        yield Proof(case, {}, {"all": 2.0}, problems, is_labs, Why.FORCED, "cks")

    monkeypatch.setattr("lab.authoring.workbench.prove_exercises", prove)
    assert cli.main(["prove", "--force"]) == code
    out = capsys.readouterr().out
    assert "solution" in out
    assert all(problem in out for problem in problems)
    assert cli.main(["prove", EXERCISE, "--force", "--json"]) == code
    told = json.loads(capsys.readouterr().out)
    assert told["holds"] is (code == 0)
    assert list(told["proofs"][0]) == [
        *("exercise", "answer", "holds", "remembered", "seconds", "verdicts", "problems", "why", "lab"),
    ]


def test_prove_tells_why_an_exercise_is_not_possible(
    engine: StandIn, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def prove(
        session: Session, exercises: Sequence[Exercise], wanted: Wanted, *_: object, **__: object
    ) -> Iterator[Result]:
        yield Impossible(exercises[0], "no gVisor here")

    monkeypatch.setattr("lab.authoring.workbench.prove_exercises", prove)
    assert cli.main(["prove"]) == 0
    assert "no gVisor here" in capsys.readouterr().out


def test_a_reader_who_has_enough_hears_no_complaint() -> None:
    """As `ckslab list | head -1`, with the pipe closed before anything is written."""
    command = [sys.executable, "-m", "lab.cli", "list"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(timeout=30) == cli.BROKEN_PIPE


class Stream(io.StringIO):
    def __init__(self, *, terminal: bool) -> None:
        super().__init__()
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


@pytest.mark.parametrize("stream", ["stdin", "stdout", "stderr"])
@pytest.mark.parametrize("argv", [[], ["demo"]])
def test_the_app_names_the_stream_that_is_no_terminal(
    argv: list[str], stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    streams = {name: Stream(terminal=name != stream) for name in ("stdin", "stdout", "stderr")}
    for name, made in streams.items():
        monkeypatch.setattr(sys, name, made)
    assert cli.main(argv) == 2
    said = {"stdin": "standard input", "stdout": "standard output", "stderr": "standard error"}[stream]
    assert f"Here is none on: {said}." in streams["stderr"].getvalue()
