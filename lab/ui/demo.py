"""The app on recordings, for those who have no cluster yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode

from lab import i18n
from lab.demo import DemoSession
from lab.settings import NOTHING_CHOSEN, Settings
from lab.ui.app import LabApp
from lab.ui.keys import NEED_CLUSTER as NEED_CLUSTER

if TYPE_CHECKING:
    from lab.ui.screens.practice import PracticeScreen


class DemoApp(LabApp):
    """Everything but a cluster and a shell in it. Nothing done in it is kept, a language or theme neither."""

    saves_choices = False

    def __init__(
        self,
        session: DemoSession,
        *,
        clock: Callable[[], float] = time.monotonic,
        settings: Settings = NOTHING_CHOSEN,
    ) -> None:
        super().__init__(session, session.engine.up, clock=clock, settings=settings)
        self._demo = session

    def practice_screen(self) -> PracticeScreen:
        """Where answers are chosen."""
        from lab.ui.screens.demo import DemoScreen  # see LabApp

        return DemoScreen(self._demo, self._clock)

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what can be done; what needs a cluster says that there is none, and how to get one."""
        _, name, _ = parse(action) if isinstance(action, str) else action
        if name not in NEED_CLUSTER:
            return await super().run_action(action, default_namespace, namespaces)
        self.notify(i18n.text("ui.demo.no_cluster"), timeout=8)
        return True
