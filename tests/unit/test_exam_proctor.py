"""Who watches a sitting: what it makes of hosts that stop, come back, or stay away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from lab.cluster.engine import State
from lab.errors import LabError
from lab.exam import proctor
from lab.exam.events import Kind
from lab.exam.hosts import Host
from lab.exam.proctor import GIVE_UP_AFTER, MEND_AFTER, Proctor
from lab.exam.sittings import Journal, Sittings
from lab.exam.state import Phase
from tests.unit.support.engines import done
from tests.unit.support.exam_labs import hosts, lab_of
from tests.unit.support.sittings import HOSTS, Computer, database, plan

pytestmark = pytest.mark.usefixtures("english")


class Watched:
    """A sitting of ten minutes on two hosts, and its proctor. Time passes while the proctor sleeps."""

    def __init__(self) -> None:
        self.computer = Computer()
        self.sittings = Sittings(database())
        self.sitting = self.sittings.begin(plan(), self.computer.now(), dict(zip(HOSTS, ("cks", "cks-2"), strict=True)))
        self.journal = Journal(self.sittings, self.sitting, self.computer.now)
        self.hosts: list[Host] = hosts("cks", "cks-2")
        self.first, self.second = map(lab_of, self.hosts)
        self.proctor = self.another()
        self.at: dict[float, Callable[[], object]] = {}

    def another(self) -> Proctor:
        return Proctor(self.journal, self.hosts, self.computer.now)

    def after(self, seconds: float, do: Callable[[], object]) -> Watched:
        self.at[self.computer.seconds + seconds] = do
        return self

    def run(self) -> None:
        self.proctor.run(self._sleep)

    def kinds(self) -> list[Kind]:
        return [event.kind for event in self.sittings.get().events[1:]]

    def _sleep(self, seconds: float) -> None:
        self.computer.wait(max(0.01, seconds))
        for when in [when for when in self.at if when <= self.computer.seconds]:
            self.at.pop(when)()


@pytest.fixture
def watched() -> Watched:
    return Watched()


def stop(lab: object) -> Callable[[], None]:
    return lambda: setattr(lab, "running", False)


def start(lab: object) -> Callable[[], None]:
    return lambda: setattr(lab, "running", True)


def test_it_watches_until_the_time_is_over(watched: Watched) -> None:
    watched.run()
    assert watched.journal.state().phase is Phase.ENDED
    assert watched.journal.state().used == 600
    assert watched.kinds() == []


def test_it_stops_when_the_exam_is_handed_in(watched: Watched) -> None:
    watched.after(60, watched.journal.hand_in).run()
    assert watched.journal.state().used == pytest.approx(60, abs=1)


def test_every_machine_is_told_the_end_at_the_beginning(watched: Watched) -> None:
    watched.after(3, watched.journal.hand_in).run()
    for lab in (watched.first, watched.second):
        assert len(lab.did("access close-after 600")) == 2


def test_the_time_in_which_a_host_does_not_run_is_given_back(watched: Watched) -> None:
    watched.after(100, stop(watched.second)).after(140, start(watched.second)).run()
    assert watched.kinds() == [Kind.GONE, Kind.BACK]
    state = watched.journal.state()
    assert state.given_back == pytest.approx(40, abs=3)
    assert state.used == 600


def test_a_host_is_not_back_before_its_api_server_answers(watched: Watched) -> None:
    watched.second.node.answers["readyz"] = done(code=1)
    watched.after(100, stop(watched.second)).after(120, start(watched.second))
    watched.after(150, lambda: watched.second.node.answers.pop("readyz")).run()
    assert watched.journal.state().given_back == pytest.approx(50, abs=4)


def test_an_api_server_that_never_answers_may_be_the_learners_own(watched: Watched) -> None:
    watched.second.node.answers["readyz"] = done(code=1)
    watched.after(100, stop(watched.second)).after(120, start(watched.second)).run()
    assert watched.journal.state().given_back == pytest.approx(20 + proctor.API_SECONDS, abs=4)


def test_an_api_server_that_stops_while_its_machines_run_is_not_the_labs_failure(watched: Watched) -> None:
    watched.after(100, lambda: watched.second.node.answers.update({"readyz": done(code=1)})).run()
    assert watched.kinds() == []


def test_while_a_host_is_gone_the_others_do_not_close_by_the_old_end(watched: Watched) -> None:
    watched.after(580, stop(watched.second)).after(630, start(watched.second)).run()
    assert [line.split()[-1] for line in watched.first.did("close-after")[::2]][0:2] == ["600", "42"]


def test_a_host_that_is_back_is_connected_and_told_the_new_end(watched: Watched) -> None:
    watched.after(100, stop(watched.second)).after(140, start(watched.second)).run()
    assert watched.first.joined == ["cks-2"]
    assert watched.second.did("close-after")[-1].split()[-1] in ("502", "501", "500")


def test_a_host_that_stays_away_is_started(watched: Watched) -> None:
    watched.second.state = State.STOPPED
    watched.second.when_up = State.READY
    watched.after(100, stop(watched.second)).run()
    assert watched.second.up_again == 1
    assert watched.journal.state().given_back == pytest.approx(MEND_AFTER, abs=5)
    assert Kind.LOST not in watched.kinds()


def test_a_host_that_cannot_be_started_is_given_up_and_the_clock_goes_on(watched: Watched) -> None:
    def refuse(progress: object) -> None:
        raise LabError("fault")

    watched.second.state = State.STOPPED
    watched.second.up = refuse  # type: ignore[method-assign]
    watched.after(100, stop(watched.second)).run()
    assert watched.journal.state().lost == {HOSTS[1]}
    assert watched.journal.state().given_back == pytest.approx(GIVE_UP_AFTER, abs=5)


def test_a_host_whose_work_is_gone_goes_on_on_another_lab_where_it_is_set_again(watched: Watched) -> None:
    (another,) = hosts("cks-9")
    another = replace(another, name=HOSTS[1])
    watched.proctor = Proctor(watched.journal, watched.hosts, watched.computer.now, set_again=lambda _: another)
    watched.second.state = State.PARTIAL
    watched.after(100, stop(watched.second)).run()
    assert watched.kinds() == [Kind.GONE, Kind.BACK]
    assert watched.journal.state().given_back == pytest.approx(MEND_AFTER, abs=5)
    assert lab_of(another).did("close-after")[-1].split()[-1] in ("502", "501", "500")
    assert watched.second.did("close-after") == watched.second.did("close-after 600")


def test_a_host_that_cannot_be_started_goes_on_on_another_lab_before_it_is_given_up(watched: Watched) -> None:
    def refuse(progress: object) -> None:
        raise LabError("fault")

    another = replace(hosts("cks-9")[0], name=HOSTS[1])
    watched.proctor = Proctor(watched.journal, watched.hosts, watched.computer.now, set_again=lambda _: another)
    watched.second.state = State.STOPPED
    watched.second.up = refuse  # type: ignore[method-assign]
    watched.after(100, stop(watched.second)).run()
    assert watched.kinds() == [Kind.GONE, Kind.BACK]
    assert watched.journal.state().given_back == pytest.approx(GIVE_UP_AFTER, abs=5)


def test_a_host_that_came_back_by_itself_is_mended_where_its_cluster_is_not_ready(watched: Watched) -> None:
    """Its machines may have other addresses."""
    watched.second.state = State.DEGRADED
    watched.after(100, stop(watched.second)).after(110, start(watched.second)).run()
    assert watched.second.up_again == 1
    assert watched.kinds() == [Kind.GONE, Kind.BACK]


def test_a_host_that_was_removed_is_given_up_since_nothing_of_its_work_is_left(watched: Watched) -> None:
    watched.second.state = State.ABSENT
    watched.after(100, stop(watched.second)).run()
    assert watched.second.up_again == 0
    assert watched.journal.state().lost == {HOSTS[1]}
    assert watched.journal.state().given_back == pytest.approx(MEND_AFTER, abs=5)


def test_what_a_host_refuses_does_not_end_the_watch(watched: Watched) -> None:
    watched.first.workstation.answers["ps -C ssh"] = LabError("node.gone", node="base")  # type: ignore[assignment]
    watched.run()
    assert watched.journal.state().phase is Phase.ENDED


def test_where_the_learners_shell_is_is_written_down_when_it_changes(watched: Watched) -> None:
    watched.after(50, lambda: watched.first.workstation.answers.update({"ps -C ssh": done(stdout="ssh cks2222")}))
    watched.run()
    assert [event.host for event in watched.sittings.get().events if event.kind is Kind.SHELL] == ["cks2222"]


def test_another_proctor_goes_on_with_a_host_that_was_gone(watched: Watched) -> None:
    watched.journal.gone(HOSTS[1])
    watched.second.running = False
    watched.proctor = watched.another()
    watched.after(30, start(watched.second)).run()
    assert watched.kinds() == [Kind.GONE, Kind.BACK]
    assert watched.journal.state().given_back == pytest.approx(30, abs=3)


def test_there_is_one_proctor_of_a_sitting_at_a_time() -> None:
    with proctor.alone(1) as first, proctor.alone(1) as second, proctor.alone(2) as of_another:
        assert (first, second, of_another) == (True, False, True)
    with proctor.alone(1) as again:
        assert again
