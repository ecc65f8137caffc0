"""What a set id is: ``name.area.group``, where the group alone may be ``*``."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["SetId"]


class SetId(NamedTuple):
    """A well-formed set id. As text: ``name.area.group``."""

    name: str
    area: str
    group: str

    @classmethod
    def parse(cls, text: str) -> SetId | None:
        """Read a set id, or ``None``. Empty parts are dropped before they are counted."""
        parts = [part for part in text.split(".") if part]
        return cls.of(*parts) if len(parts) == 3 else None

    @classmethod
    def of(cls, name: str, area: str, group: str) -> SetId | None:
        """The set of three parts; ``None`` when one is empty, or name or area is ``*``."""
        if not (name and area and group) or "*" in (name, area):
            return None
        return cls(name, area, group)

    @property
    def is_wildcard(self) -> bool:
        """Whether this is every group of an area, or a server for every group of it."""
        return self.group == "*"

    def same_area(self, other: SetId) -> bool:
        """Whether both lie in one ``name.area``."""
        return self[:2] == other[:2]
