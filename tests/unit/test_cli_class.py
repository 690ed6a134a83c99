"""`ckslab class`: begin one, and see whether a machine carries it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from lab import cli, cluster
from lab.catalog.load import load
from lab.catalog.model import Catalog, Exercise
from lab.cluster.engine import Completed
from lab.cluster.host import processes
from lab.cluster.pods import room
from lab.cluster.pods.room import Room, Share
from lab.commands import following
from lab.exam.prepare import Wish
from lab.practice.session import Session
from lab.progress import OnProgress, ignore
from lab.terminal import show as show_module
from lab.ui.shell import TAKEN
from lab.workshop import capacity, hub, proctor
from lab.workshop import exams as class_exams
from lab.workshop.capacity import Machine
from lab.workshop.class_file import Class, Learner
from lab.workshop.events import Kind
from lab.workshop.exams import Given, Giving
from lab.workshop.ledger import Ledger, folder, open_ledger
from lab.workshop.moving import Move
from lab.workshop.rehearsal import Outcome, Part, Rehearsal
from lab.workshop.tokens import hashed
from tests.unit.support.sittings import plan

pytestmark = pytest.mark.usefixtures("english")
Output = pytest.CaptureFixture[str]


class AnySeat:
    """An engine whose shell runs what it is given as it is."""

    pace = 1.0

    def shell_argv(self, *command: str, tty: bool = True) -> list[str]:
        return list(command)


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def with_machine(monkeypatch: pytest.MonkeyPatch, machine: Machine) -> None:
    monkeypatch.setattr(capacity, "this_machine", lambda seats: machine)


def test_a_class_is_begun_and_planned(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with_machine(monkeypatch, Machine(24 * 2**30, 2, 1000, 100 * 2**30))
    assert cli.main(["class", "new", "monday", "Ada Lovelace", "张三"]) == 0
    assert "Learners: 2, exercises: 3" in capsys.readouterr().out
    assert cli.main(["class", "plan"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("monday: 2 learners and 1 in reserve, 3 seats; made already: 0\n  processors  2.0 left")
    assert told.endswith("They fit. Making them takes about 3 min, 1 at a time.\n")


def test_a_plan_that_does_not_fit_says_what_limits_it_and_what_helps(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_machine(monkeypatch, Machine(24 * 2**30, 8, 100, 100 * 2**30))
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "plan"]) == 1
    told = capsys.readouterr().out
    assert "There is room for 2 of 3 seats.\nAllow more inotify instances: `sudo sysctl" in told
    assert cli.main(["class", "plan", "--json"]) == 1
    plan = json.loads(capsys.readouterr().out)
    assert (plan["room"], plan["fits"], plan["limits"][0]["resource"]) == (2, False, "inotify")


def test_a_plan_of_pods_says_what_the_host_cluster_does_not_tell(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "find", lambda *_: Room((Share(7 * 2**30, 4.0, 110),), 4.0, 1))
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    with Path("class.yaml").open("a", encoding="utf-8") as file:
        file.write("engine: pods\ncontext: classroom\n")
    capsys.readouterr()
    assert cli.main(["class", "plan"]) == 1
    told = capsys.readouterr().out
    assert "memory      7.0 GiB left, 3.2 a seat: enough for 2" in told
    assert "Their disks and inotify instances are not known" in told
    assert told.endswith("`kubectl describe nodes` shows what does.\n")


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["new", "Monday", "Ada"], "A class cannot be called Monday."),
        (["new", "monday"], "Nobody is in the class yet."),
        (["new", "monday", "--list", "names.csv"], "There is no file names.csv"),
        (["new", "monday", "Ada", "--exercises", "psa-warn"], "psa-warn-baseline"),
        (["plan"], "There is no class here"),
    ],
)
def test_what_cannot_be_is_refused_and_explained(argv: list[str], said: str, capsys: Output) -> None:
    assert cli.main(["class", *argv]) == 2
    assert said in capsys.readouterr().err
    assert not Path("class.yaml").exists()


def test_a_class_that_is_there_is_not_written_over(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    before = Path("class.yaml").read_text(encoding="utf-8")
    assert cli.main(["class", "new", "tuesday", "Bob"]) == 2
    assert "There is a class here already" in capsys.readouterr().err
    assert Path("class.yaml").read_text(encoding="utf-8") == before


def test_seats_are_not_made_before_their_danger_is_known(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with_machine(monkeypatch, Machine(24 * 2**30, 2, 1000, 100 * 2**30))
    cli.main(["class", "new", "monday", "Ada"])
    for argv in ([], ["--consent", "yes"], ["--consent", "tuesday"]):
        assert cli.main(["class", "up", *argv]) == 2
        assert "can, in the end, become root on this machine" in capsys.readouterr().err


def test_seats_that_do_not_fit_are_not_made(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    with_machine(monkeypatch, Machine(2**30, 2, 1000, 100 * 2**30))
    cli.main(["class", "new", "monday", "Ada"])
    assert cli.main(["class", "up", "--consent", "monday"]) == 2
    assert "There is room for 0 of 2 seats" in capsys.readouterr().err


def test_a_purge_must_be_meant(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    assert cli.main(["class", "purge"]) == 2
    assert "Nothing was removed." in capsys.readouterr().err


def test_what_a_hub_serves_is_not_purged(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    with hub.alone(folder("monday")):
        assert cli.main(["class", "purge", "--consent", "monday"]) == 2
        assert cli.main(["class", "serve"]) == 2
    assert "End the other `ckslab class serve` first." in capsys.readouterr().err


def test_a_reset_is_done_on_the_learners_seat_and_written_down(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[str, str]] = []

    def reset(self: Session, exercise: Exercise | None = None, progress: OnProgress = ignore) -> None:
        done.append((self.engine.lab, exercise.id if exercise else ""))

    monkeypatch.setattr(Session, "reset", reset)
    cli.main(["class", "new", "monday", "Ada", "Bob", "--exercises", "psa-warn-baseline"])
    assert cli.main(["class", "reset", "monday-02", "psa-warn-baseline"]) == 0
    assert cli.main(["class", "reset", "monday-01"]) == 0
    assert done == [("monday-02", "psa-warn-baseline"), ("monday-01", "")]
    assert [(event.kind, event.learner) for event in open_ledger("monday").events()] == [
        (Kind.RESET, 2),
        (Kind.RESET, 1),
    ]
    assert cli.main(["class", "reset", "monday-01", "read-only-root"]) == 2  # it is none of the class's exercises


def test_a_shell_that_may_be_seen_has_a_line_above_it_all_the_while(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[str] = []
    ends = [TAKEN, None]

    def run(argv: Sequence[str], **options: object) -> Completed:
        ran.append("banner" if "Your instructor sees" in " ".join(argv) else argv[0] if argv[0] == "sh" else argv[-1])
        return Completed(argv, 0, b"", b"")

    def show(argv: Sequence[str], environment: object, goes_on: Callable[[], bool]) -> int | None:
        assert goes_on()
        ran.append("shown")
        return ends.pop(0)

    cli.main(["class", "new", "monday", "Ada", "Bob"])
    ledger = open_ledger("monday")
    ledger.add(Kind.FOLLOW_ANSWERED, learner=1, answer="today")
    monkeypatch.setattr(following, "need_terminal", lambda: None)
    monkeypatch.setattr(processes, "run", run)
    monkeypatch.setattr(show_module, "show", show)
    monkeypatch.setattr(cluster, "open_lab", lambda name: AnySeat())
    assert cli.main(["class", "follow", "monday-01"]) == 0
    assert ran == ["banner", "shown", "shown", "sh", "pane-border-format"]
    assert [event.kind for event in ledger.events(1)] == [Kind.FOLLOWED, Kind.UNFOLLOWED]
    assert "You no longer see the shell of monday-01." in capsys.readouterr().out


def test_nobody_is_followed_whose_shell_has_no_line_above_it(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    def run(argv: Sequence[str], **options: object) -> Completed:
        return Completed(argv, 1, b"", b"no server running")

    cli.main(["class", "new", "monday", "Ada", "Bob"])
    ledger = open_ledger("monday")
    ledger.add(Kind.FOLLOW_ANSWERED, learner=1, answer="today")
    monkeypatch.setattr(following, "need_terminal", lambda: None)
    monkeypatch.setattr(processes, "run", run)
    monkeypatch.setattr(cluster, "open_lab", lambda name: AnySeat())
    assert cli.main(["class", "follow", "monday-01"]) == 3
    told = capsys.readouterr().err
    assert "There is no shell at monday-01" in told
    assert "no server running" in told
    assert Kind.FOLLOWED not in [event.kind for event in ledger.events()]


def test_nobody_is_followed_in_an_exam(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    ledger = open_ledger("monday")
    ledger.add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=["psa-warn-baseline"])
    monkeypatch.setattr(following, "need_terminal", lambda: None)
    assert cli.main(["class", "follow", "monday-01"]) == 2
    assert "monday-01" in capsys.readouterr().err
    assert len(ledger.events()) == 1


def test_a_learner_is_moved_by_hand(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Move, "go", lambda self, progress: "monday-03")
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "move", "monday-02"]) == 0
    assert "The learner of monday-02 is at monday-03 now." in capsys.readouterr().out
    assert cli.main(["class", "move", "monday-03"]) == 2  # that is in reserve


def test_nobody_is_moved_by_hand_in_an_exam(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    open_ledger("monday").add(Kind.EXAM_BEGAN, learner=2, exam="drill@7", seconds=600, tasks=["one"])
    assert cli.main(["class", "move", "monday-02"]) == 2
    assert "Learners sit an exam: monday-02." in capsys.readouterr().err


def test_a_slip_is_shown_once(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    capsys.readouterr()
    assert cli.main(["class", "slips", "monday-01"]) == 0
    first = capsys.readouterr()
    assert "Ada · monday · seat monday-01" in first.out
    assert "Bob" not in first.out
    assert cli.main(["class", "slips"]) == 0
    second = capsys.readouterr()
    assert "Ada" not in second.out
    assert "Bob" in second.out
    assert "These have slips already: monday-01." in second.err
    assert cli.main(["class", "slips", "monday-01", "--again"]) == 0
    assert "Ada" in capsys.readouterr().out
    assert cli.main(["class", "slips", "monday-09"]) == 2
    assert "monday-01 to monday-02" in capsys.readouterr().err


def test_a_slip_for_another_door_takes_nothing_away(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    cli.main(["class", "slips"])
    assert cli.main(["class", "slips", "monday-01", "--another-door"]) == 0
    assert [event.detail["beside"] for event in open_ledger("monday").events()] == [False, True]


def test_slips_to_be_printed_are_readable_by_nobody_else(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    assert cli.main(["class", "slips", "--html", "slips.html"]) == 0
    assert Path("slips.html").stat().st_mode & 0o777 == 0o600
    assert "slips: 1" in capsys.readouterr().out


def test_an_instructor_speaks_to_all_or_to_some(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "say", "Five minutes"]) == 0
    assert cli.main(["class", "say", "Look at the labels", "--to", "monday-02"]) == 0
    assert cli.main(["class", "helped", "monday-01"]) == 0
    events = [(event.kind, event.learner) for event in open_ledger("monday").events()]
    assert events == [(Kind.SAID, 0), (Kind.SAID, 2), (Kind.HAND, 1)]
    assert cli.main(["class", "say", "x", "--to", "monday-03"]) == 2


def test_an_instructor_gives_exercises_to_all_or_to_some(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob", "--exercises", "psa-warn-baseline"])
    assert cli.main(["class", "give", "busybox-security-context", "read-only-root", "--to", "monday-02"]) == 0
    assert cli.main(["class", "give", "read-only-root"]) == 0
    assert "Given: read-only-root. Learners: 2." in capsys.readouterr().out
    assert [(event.learner, event.detail["exercises"]) for event in open_ledger("monday").events()] == [
        (2, ["busybox-security-context", "read-only-root"]),
        (0, ["read-only-root"]),
    ]


def test_what_all_have_is_not_given_again(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob", "--exercises", "psa-warn-baseline"])
    cli.main(["class", "give", "read-only-root", "--to", "monday-02"])
    assert cli.main(["class", "give", "read-only-root", "psa-warn-baseline", "--to", "monday-02"]) == 2
    assert "have psa-warn-baseline, read-only-root already" in capsys.readouterr().err
    assert cli.main(["class", "give", "read-only-root"]) == 0


def test_what_is_unknown_is_not_given(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "--exercises", "psa-warn-baseline"])
    assert cli.main(["class", "give", "read-only-roots"]) == 2
    assert "read-only-root" in capsys.readouterr().err
    assert open_ledger("monday").events() == ()


def test_the_next_hint_is_sent_of_the_exercise_that_the_learner_is_at(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "--exercises", "psa-warn-baseline", "read-only-root"])
    ledger = open_ledger("monday")
    ledger.add(Kind.BEGAN, learner=1, exercise="read-only-root")
    ledger.add(Kind.HINT, learner=1, exercise="read-only-root", number=1)
    assert cli.main(["class", "hint", "monday-01"]) == 0
    assert ledger.events()[-1].detail == {"exercise": "read-only-root", "number": 2}
    assert cli.main(["class", "hint", "monday-01", "psa-warn-baseline"]) == 0
    assert ledger.events()[-1].detail == {"exercise": "psa-warn-baseline", "number": 1}
    assert load().exercise("psa-warn-baseline").hints[0] in capsys.readouterr().out


@pytest.mark.parametrize(
    ("events", "argv", "said"),
    [
        ([], [], "has begun no exercise yet"),
        ([], ["busybox-security-context"], "does not have the exercise busybox-security-context"),
        ([(Kind.HINT, {"exercise": "read-only-root", "number": 9})], ["read-only-root"], "has no further hint"),
    ],
)
def test_a_hint_that_cannot_be_sent_is_explained(
    events: list[tuple[Kind, dict[str, str]]], argv: list[str], said: str, capsys: Output
) -> None:
    cli.main(["class", "new", "monday", "Ada", "--exercises", "read-only-root"])
    for kind, detail in events:
        open_ledger("monday").add(kind, learner=1, **detail)
    assert cli.main(["class", "hint", "monday-01", *argv]) == 2
    assert said in capsys.readouterr().err
    assert all(event.kind is not Kind.HINTED for event in open_ledger("monday").events())


@pytest.fixture
def exams(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whose seats were made ready for an exam, that of monday-02 in vain; and `watched` for each proctor."""
    done: list[str] = []

    def run(self: Giving, wish: Wish, learners: Sequence[Learner], progress: OnProgress) -> Given:
        done.extend([f"{wish.blueprint.id} {wish.seed} {learner.seat}" for learner in learners])
        drawn = plan(blueprint=wish.blueprint.id, seed=wish.seed)
        ready = tuple(learner for learner in learners if learner.number != 2)
        return Given(drawn, ready, {each.seat: "No room." for each in learners if each not in ready})

    monkeypatch.setattr(Giving, "run", run)
    monkeypatch.setattr(proctor, "ensure", lambda class_, file: done.append("watched"))
    return done


def test_an_instructor_gives_an_exam_and_somebody_watches_it(capsys: Output, exams: list[str]) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "give", "drill", "--seed", "7", "--to", "monday-01"]) == 0
    assert exams == ["drill 7 monday-01", "watched"]
    assert "Exam drill@7 has begun: 10 minutes, 4 tasks, 1 learners." in capsys.readouterr().out


def test_who_has_no_exam_is_told_with_the_reason(capsys: Output, exams: list[str]) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "give", "drill"]) == 3
    assert "Seat monday-02 could not be made ready for it: No room." in capsys.readouterr().err
    assert "watched" in exams


def test_an_exam_is_given_alone(capsys: Output, exams: list[str]) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    assert cli.main(["class", "give", "drill", "read-only-root"]) == 2
    assert cli.main(["class", "give", "read-only-root", "--seed", "7"]) == 2
    assert "A seed draws the tasks of an exam" in capsys.readouterr().err
    assert exams == []


def test_more_time_is_given_to_those_who_sit_an_exam(capsys: Output, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[str, float]] = []

    def extend(class_: Class, catalog: Catalog, ledger: Ledger, learner: Learner, seconds: float) -> bool:
        given.append((learner.seat, seconds))
        return learner.number == 1

    monkeypatch.setattr(class_exams, "extend", extend)
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    assert cli.main(["class", "extend", "5"]) == 0
    said = capsys.readouterr()
    assert "5 more minutes for monday-01." in said.out
    assert "These sit no exam: monday-02" in said.err
    assert given == [("monday-01", 300), ("monday-02", 300)]
    assert cli.main(["class", "extend", "5", "--to", "monday-02"]) == 2
    assert cli.main(["class", "extend", "0"]) == 2


@pytest.mark.parametrize("argv", [["reset", "monday-01"], ["stop"]])
def test_an_exam_that_is_under_way_is_not_disturbed(argv: list[str], capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    open_ledger("monday").add(Kind.EXAM_BEGAN, learner=1, exam="drill@7", seconds=600.0, tasks=["one"])
    assert cli.main(["class", *argv]) == 2
    assert "Learners sit an exam: monday-01." in capsys.readouterr().err


@pytest.mark.parametrize(("problem", "code"), [("", 0), ("no room", 3)])
def test_a_rehearsal_says_how_each_part_went_and_what_to_do(
    problem: str, code: int, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: Rehearsal, progress: OnProgress, tell: Callable[[Outcome], None]) -> list[Outcome]:
        seat = Outcome(Part.SEAT, 62.3, problem, "add nodes")
        outcomes = [Outcome(Part.PORTS, 0), seat, Outcome(Part.REMOVED, 4)]
        for outcome in outcomes:
            tell(outcome)
        return outcomes

    monkeypatch.setattr(Rehearsal, "run", run)
    cli.main(["class", "new", "monday", "Ada", "--exercises", "read-only-root"])
    assert cli.main(["class", "check"]) == code
    said = capsys.readouterr().out
    assert "A rehearsal with read-only-root" in said
    assert "✓ the hub's ports  0s" in said
    assert ("✗ a seat, made and examined  62s\n    no room\n  → add nodes\n  → `ckslab doctor`" in said) == bool(
        problem
    )
    assert ("All of it works" in said) == (not problem)


def test_a_rehearsal_on_pods_names_the_host_cluster_that_the_doctor_is_to_look_at(
    capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(self: Rehearsal, progress: OnProgress, tell: Callable[[Outcome], None]) -> list[Outcome]:
        tell(outcome := Outcome(Part.SEAT, 62.3, "no room"))
        return [outcome]

    monkeypatch.setattr(Rehearsal, "run", run)
    cli.main(["class", "new", "monday", "Ada", "--exercises", "read-only-root"])
    Path("host.kubeconfig").touch()
    with Path("class.yaml").open("a") as file:
        file.write("engine: pods\nkubeconfig: host.kubeconfig\ncontext: classroom\n")
    assert cli.main(["class", "check"]) == 3
    options = f"--kubeconfig {Path('host.kubeconfig').absolute()} --context classroom"
    assert f"  → `ckslab doctor --engine pods {options}`" in capsys.readouterr().out


def test_the_board_is_printed_where_there_is_no_terminal(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    capsys.readouterr()
    assert cli.main(["class", "board"]) == 0
    assert capsys.readouterr().out.startswith("monday  2 learners, 0 here, 0 in need of help")
    assert cli.main(["class", "board", "--json"]) == 0
    assert [each["seat"] for each in json.loads(capsys.readouterr().out)["learners"]] == ["monday-01", "monday-02"]


def test_a_link_for_a_projector_has_a_token_that_is_not_saved(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada", "Bob"])
    capsys.readouterr()
    assert cli.main(["class", "board", "--page"]) == 0
    link = capsys.readouterr().out.splitlines()[0]
    (event,) = open_ledger("monday").events()
    assert link.startswith("https://localhost:8443/board/")
    assert event.detail == {"token": hashed(link.rpartition("/")[2])}
    assert cli.main(["class", "export", "--events"]) == 0
    assert capsys.readouterr().out == ""


def test_marks_are_exported_for_other_programs(capsys: Output) -> None:
    cli.main(["class", "new", "monday", "Ada"])
    cli.main(["class", "say", "Hello"])
    capsys.readouterr()
    assert cli.main(["class", "export"]) == 0
    assert capsys.readouterr().out.startswith("assignment,duedate,timestamp,student_id,")
    assert cli.main(["class", "export", "--events"]) == 0
    assert json.loads(capsys.readouterr().out)["detail"] == {"text": "Hello"}
