"""A TARS server written with the generated servant: ``hello_server.py --config=FILE``."""

from __future__ import annotations

import logging
from collections import Counter

from Demo import Card, Guest, HelloFindReply, HelloServant, Tone  # tars2py Hello.tars
from tars_runtime import rpc
from tars_runtime.application import Application

log = logging.getLogger("hello")

GREETINGS = {"en": "Hello", "de": "Guten Tag", "fr": "Bonjour", "zh": "你好"}
UNKNOWN_LANGUAGE = 404
FOUND, NOT_FOUND = 0, 1


class Hello(HelloServant):
    """Greets guests and remembers their last cards."""

    def __init__(self, servant_name: str) -> None:
        self.servant_name = servant_name
        self.seen: Counter[str] = Counter()
        self.cards: dict[str, Card] = {}

    async def greet(self, guest: Guest) -> Card:
        if guest.language not in GREETINGS:
            raise rpc.ServerError(
                UNKNOWN_LANGUAGE,
                f"expected one of {', '.join(GREETINGS)}, got {guest.language!r}",
            )
        text = f"{GREETINGS[guest.language]}, {guest.name}!"
        self.seen[guest.name] += 1
        card = Card(
            text=text.upper() if guest.tone == Tone.LOUD else text,
            number=self.seen.total(),
            details={"servant": self.servant_name, "language": guest.language},
        )
        self.cards[guest.name] = card
        log.debug("card %d goes to %s", card.number, rpc.current().peer)
        return card

    async def languages(self) -> list[str]:
        return list(GREETINGS)

    async def visits(self) -> dict[str, int]:
        return dict(self.seen)

    async def find(self, name: str) -> HelloFindReply:
        if name not in self.cards:
            return HelloFindReply(NOT_FOUND)
        return HelloFindReply(FOUND, self.cards[name])


def main() -> None:
    """Serve ``Demo.HelloServer.HelloObj`` as the file that ``--config=`` names says."""
    app = Application.from_arguments()
    app.add_servant("Demo.HelloServer.HelloObj", Hello("HelloObj"))
    app.run()


if __name__ == "__main__":
    main()
