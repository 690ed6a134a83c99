"""A second lab beside the first, from an image got the other way: by `pull`, as far as it goes without a registry.

What is pulled is made by hand: the image that was built, without what `configure.sh` did to it, and with the newer
format of containerd's configuration that kind's own images have. `curl` and `apt-get` find what would have been
downloaded; any other address is the real curl's. The Containerfile itself runs as it is.
"""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.clock import SYSTEM, wait_until
from lab.cluster.engine import Engine
from lab.cluster.host.containers import Containers
from lab.cluster.image import node_image as image
from lab.progress import ignore
from tests.live.support import Cli, belongings, engine_of, image_of, remains

BOUND = 300
BARE = "localhost/ckslab-live-bare:test"

UNDO = """
FROM {image}
COPY curl apt-get /usr/local/sbin/
RUN chmod 0755 /usr/local/sbin/* && mkdir /opt/release \\
 && mv /usr/local/bin/runsc /usr/local/bin/containerd-shim-runsc-v1 /opt/release \\
 && userdel --remove candidate && rm -r /etc/bash_completion.d/kubectl && systemctl disable ssh.service \\
 && sed -i '/ckslab.sh/d' /etc/bash.bashrc && sed -i '/^# gVisor/,$d' /etc/containerd/config.toml \\
 && containerd config migrate > /opt/config.toml && mv /opt/config.toml /etc/containerd/config.toml
"""
CURL = """#!/bin/sh
set -e
case "$*" in *storage.googleapis.com*) ;; *) exec /usr/bin/curl "$@" ;; esac
for argument; do
  name=${argument##*/}
  case "$argument" in
    *.sha512) (cd /opt/release && sha512sum "${name%.sha512}") > "$name" ;;
    https://*) cp "/opt/release/$name" . ;;
  esac
done
"""


@pytest.fixture
def engine(lab: Engine) -> Containers:
    return engine_of(lab.lab)


@pytest.fixture
def pulled(lab: Engine, engine: Containers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The name of an image made by `pull`."""
    (tmp_path / "Containerfile").write_text(UNDO.format(image=image_of(lab.lab)))
    (tmp_path / "curl").write_text(CURL)
    (tmp_path / "apt-get").write_text("#!/bin/sh\n")
    engine.must("build", "--tag", BARE, "--file", str(tmp_path / "Containerfile"), str(tmp_path), timeout=BOUND)
    versions = image.versions()
    monkeypatch.setattr(image, "versions", lambda: {**versions, "pull": {**versions["pull"], "node": BARE}})
    monkeypatch.setattr(image, "REPOSITORY", "localhost/ckslab-live-pulled")
    try:
        yield image.ensure(engine, "pull", ignore)
    finally:
        engine.call("rmi", image.current())
        engine.must("rmi", BARE)


def machines(engine: Containers, lab: str) -> dict[str, str]:
    """Id of each machine of a lab -> since when it runs."""
    return {found["Id"]: found["State"]["StartedAt"] for found in engine.inspect(*belongings(lab).containers)}


def interrupt(second: Cli, engine: Containers, image: str) -> None:
    """Ctrl-C as soon as the nodes are there."""
    making = subprocess.Popen(
        second.argv("up", "--image", image),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        # Tests that a shell without job control runs in the background have it ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    nodes = belongings(second.lab).containers[:2]
    assert wait_until(lambda: len(engine.inspect(*nodes)) == len(nodes), SYSTEM, bound=60)
    making.send_signal(signal.SIGINT)
    _, words = making.communicate(timeout=60)
    assert making.returncode == 130
    assert "Traceback" not in words


def test_a_lab_interrupted_as_it_was_made_is_made_anew_and_removed_beside_another(
    engine: Containers, lab: Engine, ckslab: Cli, pulled: str
) -> None:
    second, before = Cli(f"{lab.lab}2"), machines(engine, lab.lab)
    interrupt(second, engine, pulled)
    assert json.loads(second("status", "--json").stdout)["state"] == "partial"

    second.must("up", timeout=BOUND)
    assert json.loads(second.must("status", "--json"))["state"] == "ready"
    assert second.must("ssh", "kube-worker-1", "--", "sudo", "hostname") == "kube-worker-1\n"
    assert "runtimes.runsc" in second.must("ssh", "kube-worker-1", "--", "cat", "/etc/containerd/config.toml")
    assert image.origin(engine, image_of(second.lab)) == "pull"

    owned = belongings(second.lab)
    assert len(owned.volumes) >= 2
    second.must("down")
    assert remains(owned) == []
    assert machines(engine, lab.lab) == before
    assert json.loads(ckslab.must("status", "--json"))["state"] == "ready"
