"""Every error that TARS code of ours raises, split by whose fault it is.

::

    TarsError
    ├── CallError          the call failed: object, function, request id, code
    │   ├── ServerError    the server answered with an error (a servant raises it, too)
    │   │   └── Overloaded the server refused for lack of room (-9) or time (-6)
    │   ├── CallTimeout    no answer within the deadline (also a TimeoutError)
    │   ├── ConnectError   no connection to the endpoint, or it broke (also a ConnectionError)
    │   └── NoEndpoint     the registry knows no endpoint of the object
    ├── CodecError         the bytes are wrong
    │   ├── DecodeError    bytes that are not what the schema says: path and offset
    │   └── EncodeError    a value that the schema cannot carry: path
    ├── UsageError         used wrongly: a bad argument, object name, endpoint
    └── ConfigError        a configuration file or variable is wrong: file, line, key

Messages have one grammar: what was expected, what came, where, and what to do.
"""

from __future__ import annotations

__all__ = [
    "CallError",
    "CallTimeout",
    "CodecError",
    "ConfigError",
    "ConnectError",
    "DecodeError",
    "EncodeError",
    "NoEndpoint",
    "Overloaded",
    "ServerError",
    "TarsError",
    "UsageError",
]


class TarsError(Exception):
    """The root: catch it to catch everything that this package raises on purpose."""


class CallError(TarsError):
    """A call failed. The subclass says how.

    ``code`` is the return code (``iRet``; the runtimes' table is in docs/errors.md),
    ``text`` the description. The communicator fills in where it happened.
    """

    def __init__(self, code: int, text: str = "") -> None:
        super().__init__(code, text)
        self.code = code
        self.text = text
        self.object = ""
        self.function = ""
        self.request_id = 0
        self.endpoint = ""

    def at(
        self, *, object: str, function: str, request_id: int = 0, endpoint: str = ""
    ) -> None:
        """Note where the call went, once; a second note does not overwrite the first."""
        if not self.object:
            self.object, self.function = object, function
            self.request_id, self.endpoint = request_id, endpoint

    def __str__(self) -> str:
        where = f" - at {self.object}.{self.function}" if self.object else ""
        peer = f" ({self.endpoint})" if self.endpoint else ""
        return f"{self.text or 'the call failed'} [code {self.code}]{where}{peer}"


class ServerError(CallError):
    """The server answered with an error.

    Raise it in a servant to answer with a code of your own: the caller sees the same
    class, code and text. ``code`` must not be 0; codes below -99 are the framework's.
    """


class Overloaded(ServerError):
    """The server refused: its queue is full (-9), or the request waited too long (-6)."""


class CallTimeout(CallError, TimeoutError):
    """No answer came within the deadline."""


class ConnectError(CallError, ConnectionError):
    """The endpoint could not be reached, or the connection broke before the answer."""


class NoEndpoint(CallError):
    """The registry knows no active endpoint of the object."""


class CodecError(TarsError):
    """Bytes and schema do not fit.

    ``path`` is the member, from the outside in (``labels["x"].mood``).
    """

    def __init__(self, reason: str, path: str = "") -> None:
        super().__init__(reason, path)
        self.reason = reason
        self.path = path

    def __str__(self) -> str:
        return f"{self.reason} - at {self.path}" if self.path else self.reason


class DecodeError(CodecError):
    """The bytes are not what the schema says; ``offset`` is where, in bytes from the start."""

    def __init__(self, reason: str, path: str = "", offset: int = 0) -> None:
        super().__init__(reason, path)
        self.args = (reason, path, offset)
        self.offset = offset

    def __str__(self) -> str:
        return f"{super().__str__()} (byte {self.offset})"


class EncodeError(CodecError):
    """The value cannot be carried: out of range, of the wrong type, too deep or too large."""


class UsageError(TarsError, ValueError):
    """Used wrongly: the message says what was expected, what came, and what to do."""


class ConfigError(TarsError):
    """A configuration file or an environment variable is wrong.

    The message names the file and line, or the variable, the key, and what to write.
    """
