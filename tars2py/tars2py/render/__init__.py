"""Renders views: jinja2 templates choose and loop, shapes place each declaration as black would."""

from tars2py.render.templates import (
    command_text,
    package_text,
    part_text,
    project_text,
    servant_text,
)

__all__ = ["command_text", "package_text", "part_text", "project_text", "servant_text"]
