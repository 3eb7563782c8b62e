"""Access: who may see the desk, and the rule that no page is open unless it is named here."""

from __future__ import annotations

from collections.abc import Iterator

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.base_user import BaseUser
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

DAG = "incident_response"

may_view = requires_access_dag(method="GET", param_dag_id=DAG)
"""The dependency of every page for those logged in: 401 for nobody, 403 for who may not read the dag."""

may_act = requires_access_dag(method="POST", access_entity=DagAccessEntity.RUN, param_dag_id=DAG)
"""The dependency of every action on an incident: whoever may trigger one may regrade and reopen one."""

OPEN = frozenset(
    {
        ("GET", "/r"),
        ("GET", "/r/{public_id}"),
        ("POST", "/r/{public_id}"),
        ("POST", "/r/{public_id}/draft"),
        ("POST", "/r/{public_id}/code"),
        ("POST", "/r/{public_id}/files"),
        ("GET", "/r/{public_id}/files/{file_id}"),
        ("POST", "/r/{public_id}/files/{file_id}/remove"),
        ("POST", "/api/r/code"),
        ("POST", "/api/r/files"),
        ("GET", "/api/r/files/{file_id}"),
        ("POST", "/api/r/files/{file_id}/remove"),
        ("GET", "/api/r"),
        ("POST", "/api/r"),
        ("GET", "/feedback/{number}"),
        ("POST", "/feedback/{number}"),
        ("GET", "/api/health"),
        ("GET", "/static/{name}"),
        ("GET", "/language"),
        ("POST", "/language"),
    }
)
"""What nobody need log in for: links carry their own token, readers have a say, health and style say nothing, a
language is a cookie of the viewer's own."""


def can_act(user: BaseUser) -> bool:
    """Tell whether an account may act on incidents, so that its pages show the forms."""
    return get_auth_manager().is_authorized_dag(
        method="POST", access_entity=DagAccessEntity.RUN, details=DagDetails(id=DAG), user=user
    )


def refuse_unguarded(app: FastAPI) -> None:
    """Check that each route is open on purpose or asks who is there.

    :raises RuntimeError: names the routes that do neither
    """
    unguarded = [f"{method} {path}" for method, path in _unguarded(app)]
    if unguarded:
        raise RuntimeError(
            f"Open to anybody: {', '.join(unguarded)}. Put the router under Depends(may_view), or name the route in"
            " yingda.desk.access.OPEN."
        )


def _unguarded(app: FastAPI) -> Iterator[tuple[str, str]]:
    for route in app.routes:
        path = str(getattr(route, "path", route))
        methods = getattr(route, "methods", None) or {"ANY"}
        guarded = isinstance(route, APIRoute) and _asks_who(route.dependant)
        for method in sorted(methods):
            if not guarded and (method, path) not in OPEN:
                yield method, path


def _asks_who(dependant: Dependant) -> bool:
    return any(each.call in (may_view, may_act) or _asks_who(each) for each in dependant.dependencies)
