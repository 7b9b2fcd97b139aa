"""One key after the other: the next is given to nobody before all that the last one does is done.

Textual hands a key to the widget that has the focus when the key arrives, and looks up what is bound to it later, when
the key has come up through all parents. Keys that come in one burst, pasted or typed faster than the app runs, would
all go to the first widget: after "/" the letters for the search line would be commands of the list.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable

from textual import events
from textual.app import App
from textual.message_pump import MessagePump

Typed = events.Key | events.Paste

Deliver = Callable[[Typed], Awaitable[None]]
"""Does with a key what Textual does with it."""

MOST = 4096
"""Keys that may wait; a further one is given out at once, which is what happens without any order."""

STUCK_SECONDS = 0.5
"""A key whose way ends before it is done, because its widget has gone, holds up the next ones no longer than this."""


class KeyOrder:
    """Keys on their way. UI thread only.

    Args:
        app: Whose. `deliver`: gives a key out.
    """

    def __init__(self, app: App[int], deliver: Deliver) -> None:
        self._app = app
        self._deliver = deliver
        self._waiting: deque[Typed] = deque()
        self._now: Typed | None = None
        self._watching = False

    async def take(self, event: Typed) -> None:
        """Give a key out, now or when those before it are done."""
        if self._now is None or len(self._waiting) >= MOST:
            await self._give_out(event)
            return
        self._waiting.append(event)
        if not self._watching:
            self._watch(self._now)

    async def _give_out(self, event: Typed) -> None:
        self._now = event
        first: MessagePump = self._app.focused or self._app.screen
        await self._deliver(event)
        self._follow(event, first if event.is_forwarded else self._app)

    def _follow(self, event: Typed, node: MessagePump) -> None:
        """Go up behind the key, as one more message in every queue that it passes."""

        def passed() -> None:
            above = node._parent  # pyright: ignore[reportPrivateUsage]  # `parent` is a widget's, and not the app's
            stopped = event._stop_propagation  # pyright: ignore[reportPrivateUsage]  # no other way to know
            if above is None or (stopped and above is not self._app):  # the last screen stops all that comes to the app
                self._app.call_later(self._after, event)  # behind what it asked for, such as another focus
            else:
                self._follow(event, above)

        if not node.call_later(passed):
            self._app.call_later(self._after, event)

    async def _after(self, done: Typed | None) -> None:
        if self._now is not done:  # given up meanwhile
            return
        self._now = None
        if self._waiting:
            await self._give_out(self._waiting.popleft())

    def _watch(self, now: Typed | None) -> None:
        """Look in a while whether that key is still on its way."""

        async def look() -> None:
            self._watching = False
            await self._after(now)
            if self._waiting:
                self._watch(self._now)

        self._watching = True
        self._app.set_timer(STUCK_SECONDS, look)
