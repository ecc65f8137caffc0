"""What generated code and servants use: methods, proxies, servants, the current call.

Nothing here touches a socket: a proxy calls through a `Channel`, which the communicator
provides, and a servant is called by the application.
"""

from tars_runtime.errors import ServerError
from tars_runtime.protocol.ready import Ready
from tars_runtime.rpc.after import AnswerAfter
from tars_runtime.rpc.call import CallOptions, Channel, ReplyInfo
from tars_runtime.rpc.cookies import pass_cookies
from tars_runtime.rpc.current import Caller, Current, current
from tars_runtime.rpc.intercept import (
    ClientCall,
    ClientInterceptor,
    ServerCall,
    ServerInterceptor,
)
from tars_runtime.rpc.method import Method
from tars_runtime.rpc.proxy import AnyProxy, Blocking, OneWay, Proxy
from tars_runtime.rpc.reply import Reply
from tars_runtime.rpc.servant import Answer, Servant

__all__ = [
    "Answer",
    "AnswerAfter",
    "AnyProxy",
    "Blocking",
    "CallOptions",
    "Caller",
    "Channel",
    "ClientCall",
    "ClientInterceptor",
    "Current",
    "Method",
    "OneWay",
    "Proxy",
    "Ready",
    "Reply",
    "ReplyInfo",
    "Servant",
    "ServerCall",
    "ServerError",
    "ServerInterceptor",
    "current",
    "pass_cookies",
]
