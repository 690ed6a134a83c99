"""How checks are entered and found."""

from __future__ import annotations

import inspect

import pytest

from checkers.api import Finding, Observer, Text, check, passed
from checkers.registry import checks
from lab.catalog.schema import of_type


def test_a_name_is_given_once() -> None:
    def run(cluster: Observer) -> Finding:
        return passed(Text("", ""), Text("", ""))

    assert "pods.runs" in checks()
    with pytest.raises(ValueError, match=r"pods\.runs"):
        check("pods.runs")(run)


@pytest.mark.parametrize("name", sorted(checks()))
def test_each_check_says_what_it_holds_and_takes_what_a_file_can_give(name: str) -> None:
    run = checks()[name].run
    assert run.__doc__
    first, *parameters = inspect.signature(run, eval_str=True).parameters.values()
    assert first.name == "cluster"
    for parameter in parameters:
        assert parameter.kind is parameter.KEYWORD_ONLY
        assert of_type(parameter.annotation)
