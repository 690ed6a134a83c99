"""Tokens: who is let in, and who is not."""

from __future__ import annotations

import re

import pytest

from lab.workshop.events import Kind
from lab.workshop.ledger import Ledger
from lab.workshop.tokens import TRIES, Doorkeeper, Refused, Tries, hashed, issue, new_token, readable, typed
from tests.unit.support.classes import class_of
from tests.unit.support.clocks import Hands

pytestmark = pytest.mark.usefixtures("english")

CLASS = class_of(2)
ADA, BOB = CLASS.learners
HERE, THERE = "10.0.0.1", "10.0.0.2"


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def keeper(ledger: Ledger, hands: Hands) -> Doorkeeper:
    return Doorkeeper(CLASS, ledger, hands.clock.seconds)


def refusal(keeper: Doorkeeper, token: str, address: str = HERE) -> str:
    with pytest.raises(Refused) as raised:
        keeper.of_token(token, address)
    return raised.value.why


def test_a_token_has_128_bits_and_can_be_typed() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch("[a-z2-7]{26}", token) for token in tokens)
    token = tokens.pop()
    assert typed(f" {readable(token).upper()}\n") == token
    assert re.fullmatch("([a-z2-7]{4}-){6}[a-z2-7]{2}", readable(token))


def test_neither_a_token_nor_a_key_is_saved(ledger: Ledger, keeper: Doorkeeper) -> None:
    token = issue(ledger, ADA)
    keeper.bind(token, HERE, "browser", "key")
    saved = " ".join(str(event) for event in ledger.events())
    assert token not in saved
    assert "'key'" not in saved.replace("'key':", "")
    assert hashed(token) in saved


def test_a_token_lets_its_learner_in_and_no_other(ledger: Ledger, keeper: Doorkeeper) -> None:
    token, other = issue(ledger, ADA), issue(ledger, BOB)
    assert keeper.of_token(token, HERE) == ADA
    assert keeper.bind(other, HERE, "browser", "key of Bob") == BOB
    assert keeper.of_key("browser", "key of Bob") == BOB


def test_to_look_at_a_token_does_not_use_it(ledger: Ledger, keeper: Doorkeeper) -> None:
    token = issue(ledger, ADA)
    keeper.of_token(token, HERE)
    assert keeper.of_token(token, THERE) == ADA


def test_a_token_that_was_used_lets_nobody_in_again(ledger: Ledger, keeper: Doorkeeper) -> None:
    token = issue(ledger, ADA)
    keeper.bind(token, HERE, "browser", "key")
    assert refusal(keeper, token) == "used"
    with pytest.raises(Refused):
        keeper.bind(token, THERE, "ssh", "another key")
    assert keeper.of_key("ssh", "another key") is None


def test_a_key_opens_only_the_door_that_it_was_made_for(ledger: Ledger, keeper: Doorkeeper) -> None:
    keeper.bind(issue(ledger, ADA), HERE, "browser", "key")
    assert keeper.of_key("ssh", "key") is None


@pytest.mark.parametrize("token", ["", "aaaa", "a" * 26, "../../etc", "' OR 1=1"])
def test_what_was_never_issued_lets_nobody_in(ledger: Ledger, keeper: Doorkeeper, token: str) -> None:
    issue(ledger, ADA)
    assert refusal(keeper, token) == "unknown"


def test_the_hash_of_a_token_is_no_token(ledger: Ledger, keeper: Doorkeeper) -> None:
    assert refusal(keeper, hashed(issue(ledger, ADA))) == "unknown"


def test_a_new_token_ends_whatever_let_its_learner_in_before(ledger: Ledger, keeper: Doorkeeper) -> None:
    first = issue(ledger, ADA)
    keeper.bind(first, HERE, "browser", "key")
    unused = issue(ledger, ADA)
    assert keeper.of_key("browser", "key") is None
    newest = issue(ledger, ADA)
    assert refusal(keeper, unused) == "unknown"
    assert keeper.of_token(newest, HERE) == ADA


def test_a_token_for_another_door_leaves_the_first_one_open(ledger: Ledger, keeper: Doorkeeper) -> None:
    keeper.bind(issue(ledger, ADA), HERE, "browser", "cookie")
    keeper.bind(issue(ledger, ADA, beside=True), HERE, "ssh", "fingerprint")
    assert (keeper.of_key("browser", "cookie"), keeper.of_key("ssh", "fingerprint")) == (ADA, ADA)


def test_who_was_let_in_still_is_after_the_hub_has_begun_anew(ledger: Ledger, keeper: Doorkeeper) -> None:
    keeper.bind(issue(ledger, ADA), HERE, "browser", "key")
    assert Doorkeeper(CLASS, ledger).of_key("browser", "key") == ADA


def test_who_is_no_longer_on_the_list_is_not_let_in(ledger: Ledger) -> None:
    token = issue(ledger, BOB)
    assert refusal(Doorkeeper(class_of(1), ledger), token) == "unknown"


def test_after_ten_wrong_tokens_in_a_minute_even_the_right_one_is_refused(
    ledger: Ledger, keeper: Doorkeeper, hands: Hands
) -> None:
    token = issue(ledger, ADA)
    assert [refusal(keeper, "wrong") for _ in range(20)] == ["unknown"] * TRIES + ["too_many"] * (20 - TRIES)
    assert refusal(keeper, token) == "too_many"
    assert keeper.of_token(token, THERE) == ADA
    hands.sleep(60)
    assert keeper.of_token(token, HERE) == ADA


def test_who_opens_a_used_link_again_shuts_nobody_out(ledger: Ledger, keeper: Doorkeeper) -> None:
    used, other = issue(ledger, ADA), issue(ledger, BOB)
    keeper.bind(used, HERE, "browser", "key")
    assert {refusal(keeper, used) for _ in range(2 * TRIES)} == {"used"}
    assert keeper.of_token(other, HERE) == BOB


def test_right_tokens_do_not_count_as_tries(ledger: Ledger, keeper: Doorkeeper) -> None:
    token = issue(ledger, ADA)
    for _ in range(2 * TRIES):
        assert keeper.of_token(token, HERE) == ADA


def test_once_the_class_is_over_nobody_is_let_in(ledger: Ledger, keeper: Doorkeeper) -> None:
    keeper.bind(issue(ledger, ADA), HERE, "browser", "key")
    token = issue(ledger, BOB)
    ledger.add(Kind.ENDED)
    assert keeper.of_key("browser", "key") is None
    assert refusal(keeper, token) == "ended"
    assert refusal(keeper, "wrong") == "unknown"


def test_a_flood_of_addresses_takes_no_more_memory() -> None:
    tries = Tries(lambda: 0.0)
    for number in range(20_000):
        tries.wrong(str(number))
    assert len(tries._wrong) == 10_000


def test_binding_is_an_event_of_its_learner(ledger: Ledger, keeper: Doorkeeper) -> None:
    keeper.bind(issue(ledger, BOB), HERE, "ssh", "key")
    last = ledger.events()[-1]
    assert (last.kind, last.learner, last.detail["door"]) == (Kind.BOUND, 2, "ssh")
