"""Options of what a server is and where it listens: genconf and supervisor."""

from __future__ import annotations

from tarscli.settings.model import Kind, Setting

__all__ = ["CONFIGURATION"]

_CONFIG = ("genconf", "supervisor")

CONFIGURATION = (
    Setting(
        key="tars_path",
        variable="TARS_PATH",
        default="/tars",
        help="the directory that everything is below",
        commands=("*",),
        empty_is_unset=True,
    ),
    Setting(
        key="pod_ip",
        variable="POD_IP",
        help="the address to listen on and to be registered with; detected when empty",
        commands=(*_CONFIG, "prestop", "drain", "undrain", "doctor"),
        empty_is_unset=True,
    ),
    Setting(
        key="namespace",
        variable="TARS_NAMESPACE",
        default="tars-system",
        help="replaces ${namespace} in the locator",
        commands=(
            *_CONFIG,
            "call",
            "ls",
            "resolve",
            "drain",
            "undrain",
            "registry",
            "doctor",
        ),
        empty_is_unset=True,
    ),
    Setting(
        key="rand_port_min",
        variable="TARS_RAND_PORT_MIN",
        kind=Kind.NUMBER,
        default="13000",
        help="the lowest port that ${random_port} may be",
        commands=(*_CONFIG, "doctor"),
        low=1,
        high=65535,
        empty_is_unset=True,
    ),
    Setting(
        key="rand_port_max",
        variable="TARS_RAND_PORT_MAX",
        kind=Kind.NUMBER,
        default="16000",
        help="the highest port that ${random_port} may be",
        commands=(*_CONFIG, "doctor"),
        low=1,
        high=65535,
        empty_is_unset=True,
    ),
    Setting(
        key="port_seed",
        variable="TARS_PORT_SEED",
        help="makes the choice of random ports repeatable",
        commands=_CONFIG,
    ),
    Setting(
        key="application",
        variable="TARS_APPLICATION",
        meta="application",
        help="the application's name",
        commands=_CONFIG,
    ),
    Setting(
        key="server",
        variable="TARS_SERVER",
        meta="server",
        help="the server's name",
        commands=_CONFIG,
    ),
    Setting(
        key="build_server",
        variable="TARS_BUILD_SERVER",
        help="names the config file, conf/<name>.conf; the server's name when empty",
        commands=_CONFIG,
    ),
    Setting(
        key="set_id",
        variable="TARS_SET_ID",
        meta="set_id",
        help="the set, name.area.group",
        commands=_CONFIG,
    ),
    Setting(
        key="locator",
        variable="TARS_LOCATOR",
        meta="locator",
        help="where the registry answers, Obj@tcp -h HOST -p PORT",
        commands=(
            *_CONFIG,
            "call",
            "ls",
            "resolve",
            "drain",
            "undrain",
            "registry",
            "doctor",
        ),
    ),
    Setting(
        key="token_file",
        variable="TARS_TOKEN_FILE",
        help="a file with the token that the registry wants; the server does not get it",
        commands=("supervisor", "prestop", "drain", "undrain", "registry"),
    ),
    Setting(
        key="merge_conf",
        variable="TARS_MERGE_CONF",
        help="a config file to lay over the generated one",
        commands=_CONFIG,
    ),
    Setting(
        key="merge_encoding",
        variable="TARS_MERGE_ENCODING",
        default="utf-8",
        help="the encoding of that file, such as gbk",
        commands=_CONFIG,
    ),
    Setting(
        key="ep_uptime",
        variable="TARS_EP_UPTIME",
        kind=Kind.NUMBER,
        meta="refresh_endpoint_interval",
        help="how often clients refresh endpoint lists, in milliseconds",
        commands=_CONFIG,
        low=0,
    ),
)
