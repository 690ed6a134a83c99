"""A hub inside the cluster that its seats are Pods of: `class manifest`, and `class images` for what that names."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Collection
from typing import TYPE_CHECKING

from lab import i18n
from lab.commands.arguments import Verbs
from lab.commands.class_file import file_option, load_class
from lab.errors import LabError, UsageError

if TYPE_CHECKING:
    from lab.catalog.model import Catalog
    from lab.workshop.class_file import Class

_SERVICES = ("ClusterIP", "NodePort", "LoadBalancer")


def add(class_: Verbs) -> None:
    """Enter these verbs among those of `class`."""
    manifest = class_.add("manifest", _manifest)
    manifest.add_argument("--image", default="", metavar="REF", help=i18n.text("cli.class.manifest.image"))
    manifest.add_argument(
        "--service", choices=_SERVICES, default=_SERVICES[0], help=i18n.text("cli.class.manifest.service")
    )
    manifest.add_argument("--storage-class", default="", metavar="NAME", help=i18n.text("cli.class.manifest.storage"))
    images = class_.add("images", _images)
    for parser in (manifest, images):
        file_option(parser)


def _manifest(args: Namespace) -> int:
    from lab.cluster.image import hub_image, node_image
    from lab.workshop import deployment

    class_, catalog = _class_of_pods(args)
    image = args.image or hub_image.current(_addons(class_, catalog))
    nodes = class_.wish.image if _is_pulled(class_) else node_image.current()
    chosen = {"service": args.service, "storage_class": args.storage_class}
    print(deployment.written(args.file, class_, image=image, node_image=nodes, **chosen))
    if not args.image:
        print(i18n.text("cli.class.manifest.next", image=image), file=sys.stderr)
    return 0


def _images(args: Namespace) -> int:
    from lab.cluster.host import containers
    from lab.cluster.image import hub_image, node_image
    from lab.cluster.pods import hosts, image_import, loader
    from lab.cluster.pods.engine import host_of
    from lab.console import Console

    class_, catalog = _class_of_pods(args)
    host = host_of(class_.wish)
    nodes = host.items("/api/v1/nodes")
    here = containers.find(class_.wish.runtime)
    with Console() as progress:
        image = hub_image.ensure(here, _addons(class_, catalog), progress)
        if not hosts.for_others(nodes):
            raise LabError("class.no_node", context=host.context)
        with loader.namespace(host, class_.id) as namespace:
            image_import.import_image(image, here, host, namespace, hosts.for_others(nodes), progress)
            if not _is_pulled(class_):
                made_from = node_image.ensure(here, class_.wish.image, progress)
                image_import.import_image(made_from, here, host, namespace, hosts.for_seats(nodes), progress)
    print(i18n.text("cli.class.images.done", image=image))
    return 0


def _class_of_pods(args: Namespace) -> tuple[Class, Catalog]:
    """The class, whose seats are Pods.

    Raises:
        UsageError: they are not (`class.no_pods`).
    """
    class_, catalog = load_class(args)
    if class_.wish.engine != "pods":
        raise UsageError("class.no_pods", file=args.file)
    return class_, catalog


def _addons(class_: Class, catalog: Catalog) -> Collection[str]:
    """What the class's exercises need: the hub builds none itself."""
    return {name for exercise in class_.exercises for name in catalog.exercise(exercise).addons}


def _is_pulled(class_: Class) -> bool:
    """Whether a registry has the node image."""
    return class_.wish.image not in ("auto", "pull", "build")
