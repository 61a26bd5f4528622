"""What is shown on which path. Answered from memory: no request here asks the exchange."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from aiohttp import web

from upbit_monitor.errors import MonitorError
from upbit_monitor.exposition.negotiate import accepts_gzip, choose_format
from upbit_monitor.exposition.page import STYLE_HASH, landing_page

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from upbit_monitor.exposition.render import MetricsPage
    from upbit_monitor.exposition.status import Status

_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Server": "upbit-monitor",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class _Route:
    method: str
    answer: Callable[[web.BaseRequest], Awaitable[web.Response]]

    @property
    def methods(self) -> tuple[str, ...]:
        return ("GET", "HEAD") if self.method == "GET" else (self.method,)


class Site:
    """The paths and their answers. Has no state of its own."""

    def __init__(
        self,
        metrics: MetricsPage,
        status: Callable[[], Status],
        *,
        reload: Callable[[], Awaitable[None]] | None,
        config: Callable[[], Mapping[str, object]] | None,
    ) -> None:
        self._page = metrics
        self._status = status
        self._routes = {
            "/": _Route("GET", self._landing),
            "/metrics": _Route("GET", self._metrics),
            "/healthz": _Route("GET", _healthz),
            "/readyz": _Route("GET", self._readyz),
        }
        if config:
            self._routes["/config"] = _Route("GET", partial(_show_config, config))
        if reload:
            self._routes["/-/reload"] = _Route("POST", partial(_reload, reload))

    async def answer(self, request: web.BaseRequest) -> web.Response:
        """Answer any request, and let the connection end with it (see the door)."""
        response = await self._dispatch(request)
        response.headers.update(_HEADERS)
        response.force_close()
        return response

    async def _dispatch(self, request: web.BaseRequest) -> web.Response:
        route = self._routes.get(request.path)
        if route is None:
            return _plain(HTTPStatus.NOT_FOUND, f"Not here. Here are: {' '.join(self._routes)}")
        if request.method not in route.methods:
            refusal = _plain(HTTPStatus.METHOD_NOT_ALLOWED, f"Use {' or '.join(route.methods)}.")
            refusal.headers["Allow"] = ", ".join(route.methods)
            return refusal
        return await route.answer(request)

    async def _landing(self, request: web.BaseRequest) -> web.Response:
        others = [
            path for path, route in self._routes.items() if route.method == "GET" and path != "/"
        ]
        page = landing_page(self._status(), others, refresh="pause" not in request.query)
        return _said(HTTPStatus.OK, "text/html", page)

    async def _metrics(self, request: web.BaseRequest) -> web.Response:
        form = choose_format(_whole(request, "Accept"))
        gzip = accepts_gzip(_whole(request, "Accept-Encoding"))
        headers = {"Content-Type": form.content_type, "Vary": "Accept, Accept-Encoding"}
        if gzip:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=await self._page.body(form, gzip=gzip), headers=headers)

    async def _readyz(self, _: web.BaseRequest) -> web.Response:
        status = self._status()
        reasons = [
            {"target": target.name, "poll": poll.name, "state": poll.state, "why": poll.why}
            for target, poll in status.polls()
            if not poll.state.ready
        ]
        shown = {"ready": status.ready, "draining": status.draining, "reasons": reasons}
        return _json(HTTPStatus.OK if status.ready else HTTPStatus.SERVICE_UNAVAILABLE, shown)


async def _healthz(_: web.BaseRequest) -> web.Response:
    """Say that the loop turns: to be able to answer is the proof.

    Nothing else may turn this red. A restart does not mend an outage of the exchange; it only
    asks more of it.
    """
    return _plain(HTTPStatus.OK, "ok")


async def _show_config(
    config: Callable[[], Mapping[str, object]], _: web.BaseRequest
) -> web.Response:
    return _json(HTTPStatus.OK, config())


async def _reload(reload: Callable[[], Awaitable[None]], request: web.BaseRequest) -> web.Response:
    if _is_cross_site(request):
        return _plain(HTTPStatus.FORBIDDEN, "Refused: a page of another site asked for this.")
    try:
        await reload()
    except MonitorError as error:
        return _plain(HTTPStatus.BAD_REQUEST, str(error))
    return _plain(HTTPStatus.OK, "reloaded")


def _is_cross_site(request: web.BaseRequest) -> bool:
    """Whether a browser sends this for another site's page.

    Sec-Fetch-Site says so in today's browsers, Origin in older ones (it is "null" for a page
    that hides where it is from). A client that sends neither is no browser.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("Host")


def _whole(request: web.BaseRequest, name: str) -> str:
    """Give a header that may come in several lines as the one list that it is."""
    return ", ".join(request.headers.getall(name, ()))


def _plain(status: HTTPStatus, text: str) -> web.Response:
    return _said(status, "text/plain", text)


def _json(status: HTTPStatus, shown: Mapping[str, object]) -> web.Response:
    return _said(status, "application/json", json.dumps(shown, indent=2, ensure_ascii=False))


def _said(status: HTTPStatus, content_type: str, text: str) -> web.Response:
    # A message of the exchange may hold half a surrogate pair, which UTF-8 cannot say.
    body = f"{text}\n".encode("utf-8", "replace")
    return web.Response(status=status, body=body, content_type=content_type, charset="utf-8")
