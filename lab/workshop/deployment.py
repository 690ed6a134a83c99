"""The hub as a Deployment in the cluster that its seats are Pods of: its manifest, for people to read and to change."""

from __future__ import annotations

import hashlib
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from lab import i18n
from lab.cluster.pods import manifest, rights
from lab.workshop import class_file, rehearsal
from lab.workshop.class_file import Class

LABEL = "dev.ckslab.class"
"""On the hub's Namespace, with the name of its class."""
_TEMPLATE = Path(__file__).with_name("deployment.yaml")
_MEBIBYTES, _MEBIBYTES_A_LEARNER = 256, 128
"""As measured (docs/scale.md). A learner has an app, and a kubectl that their shell goes through."""
_MEBIBYTES_OF_VERBS = 1024
"""For a while: making a seat reads the images of an add-on as a whole."""
_MILLICPU, _MILLICPU_A_LEARNER = 200, 20


def namespace_of(class_: Class) -> str:
    """The Namespace of a class's hub. No seat's is called so."""
    return f"{manifest.namespace_of(class_.id)}-hub"


def written(
    file: Path, class_: Class, *, image: str, node_image: str, service: str = "ClusterIP", storage_class: str = ""
) -> str:
    """All objects of the hub, with a word on why each is so.

    Args:
        file: the class's.
        image: the hub's.
        node_image: what seats are made from.
        service: the type of the Service that leads to both doors.
        storage_class: of the hub's volume; empty: the cluster's default one.
    """
    content = class_file.for_cluster(file, class_, image=node_image, kubeconfig="kubeconfig", context="host")
    memory = _MEBIBYTES + _MEBIBYTES_A_LEARNER * len(class_.learners)
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - no HTML
    return environment.from_string(_TEMPLATE.read_text(encoding="utf-8")).render(
        class_=class_,
        class_label=LABEL,
        class_file=content.rstrip(),
        digest=hashlib.sha256(content.encode()).hexdigest()[:16],
        host=class_.origin.removeprefix("https://"),
        ports={"https": class_.port, "ssh": class_.ssh_port},
        namespace=namespace_of(class_),
        label=manifest.LABEL,
        seats=class_.seats,
        seats_label=manifest.SEATS,
        seat_pattern=f"{manifest.namespace_of('')}({class_.id}|{rehearsal.class_id(class_)})-[0-9]+",
        rules=rights.rules(),
        image=image,
        service=service,
        storage_class=storage_class,
        language=i18n.language(),
        cpu=f"{_MILLICPU + _MILLICPU_A_LEARNER * len(class_.learners)}m",
        memory=f"{memory}Mi",
        memory_limit=f"{memory + _MEBIBYTES_OF_VERBS}Mi",
    )
