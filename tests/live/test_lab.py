"""A learner's cluster, as its learner meets it."""

from __future__ import annotations

import json

from lab.cluster.engine import Engine
from tests.live.support import Cli


def test_the_lab_says_it_is_ready(lab: Engine, ckslab: Cli) -> None:
    status = json.loads(ckslab.must("status", "--json"))
    assert status["state"] == "ready"
    assert status["nodes"] == {"kube-control-plane": "Ready", "kube-worker-1": "Ready", "base": "running"}
