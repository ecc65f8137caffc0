"""What Kubernetes knows of this pod, where the service account's token allows to ask."""

from __future__ import annotations

import http.client
import json
import ssl
from collections.abc import Mapping
from pathlib import Path

__all__ = ["NotAsked", "grace_period"]


class NotAsked(Exception):
    """The pod's spec cannot be read from here; the text says why."""


def grace_period(
    account: Path, environment: Mapping[str, str], timeout: float
) -> float:
    """``terminationGracePeriodSeconds`` of this pod; raises `NotAsked`.

    ``account`` is where token, namespace and certificate are mounted.
    """
    host = environment.get("KUBERNETES_SERVICE_HOST", "")
    if not host:
        raise NotAsked("this is no pod of Kubernetes")
    try:
        token = (account / "token").read_text().strip()
        namespace = (account / "namespace").read_text().strip()
        trusted = ssl.create_default_context(cafile=str(account / "ca.crt"))
    except OSError as error:
        raise NotAsked("no token of a service account is mounted") from error
    name = environment.get("POD_NAME") or environment.get("HOSTNAME", "")
    port = int(environment.get("KUBERNETES_SERVICE_PORT") or 443)
    line = http.client.HTTPSConnection(host, port, timeout=timeout, context=trusted)
    try:
        return _answered(line, f"/api/v1/namespaces/{namespace}/pods/{name}", token)
    except (OSError, http.client.HTTPException) as error:
        raise NotAsked(f"the API server does not answer: {error}") from error
    except (ValueError, KeyError, TypeError) as error:
        raise NotAsked("the API server answers something else than a pod") from error
    finally:
        line.close()


def _answered(line: http.client.HTTPSConnection, path: str, token: str) -> float:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    line.request("GET", path, headers=headers)
    answer = line.getresponse()
    if answer.status != 200:
        raise NotAsked(f"the API server answers {answer.status} {answer.reason}")
    return float(json.load(answer)["spec"]["terminationGracePeriodSeconds"])
