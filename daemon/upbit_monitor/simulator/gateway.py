"""Answers that do not come from the API itself but from what stands before it.

No verbatim 429, 418 or 5xx was ever published; the forms here are the ones that clients report,
each under a knob.
"""

from __future__ import annotations

import json
import math
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING

from .messages import Headers, Reply

if TYPE_CHECKING:
    from .knobs import Knobs

_TEXT = "text/plain;charset=UTF-8"
_HTML = "text/html;charset=UTF-8"
_JSON = "application/json;charset=UTF-8"
_REFUSED = "Too many API requests."


def _page(title: str) -> str:
    return f"<html>\n<head><title>{title}</title></head>\n<body><h1>{title}</h1></body>\n</html>\n"


def _reply(status: int, kind: str, text: str, date: str, extra: dict[str, str]) -> Reply:
    headers = {"Date": date, "Content-Type": kind} | extra
    return Reply(status, Headers(headers), text.encode())


def gateway_reply(status: int, date: str) -> Reply:
    """An HTML page that says what the status says."""
    title = f"{status} {HTTPStatus(status).phrase}"
    return _reply(status, _HTML, _page(title), date, {})


def maintenance_reply(form: str, date: str) -> Reply:
    """What stands in for the whole exchange during maintenance, in a form of the knob."""
    notice = _page("서비스 점검 중입니다. System maintenance")
    match form:
        case "200_html":
            return _reply(200, _HTML, notice, date, {})
        case "503_html":
            return _reply(503, _HTML, notice, date, {})
        case "500":
            return _reply(500, _TEXT, "Internal Server Error", date, {})
        case "hang":
            return Reply(504, Headers(), b"", fault="hang")
        case _:
            page = _reply(200, _HTML, notice, date, {})
            return replace(page, fault="reset_mid_body")


def too_many_requests(knobs: Knobs, date: str, now: float, wait: float) -> Reply:
    """A 429. `wait` is the seconds until it may be tried again."""
    extra = _retry_after(knobs.retry_after, now, wait)
    match knobs.refusal_body:
        case "json_int":
            return _reply(429, _JSON, _error(429, _REFUSED), date, extra)
        case "json_name":
            return _reply(429, _JSON, _error("too_many_requests", _REFUSED), date, extra)
        case "empty":
            return _reply(429, _TEXT, "", date, extra)
        case "html":
            return _reply(429, _HTML, _page("429 Too Many Requests"), date, extra)
        case _:
            return _reply(429, _TEXT, _REFUSED, date, extra)


def blocked(knobs: Knobs, date: str, now: float, wait: float) -> Reply:
    """A 418. `wait` is the seconds that the block still lasts."""
    seconds = math.ceil(wait)
    sentence = f"Blocked for {seconds} seconds."
    extra = _retry_after(knobs.retry_after, now, wait)
    match knobs.block_message:
        case "header":
            style = "date" if knobs.retry_after == "date" else "seconds"
            return _reply(418, _TEXT, "", date, _retry_after(style, now, wait))
        case "korean":
            text = f"요청이 차단되었습니다. {seconds}초 후에 다시 시도해 주세요."
            return _reply(418, _TEXT, text, date, extra)
        case "json":
            return _reply(418, _JSON, _error(418, sentence), date, extra)
        case "silent":
            return _reply(418, _TEXT, "", date, extra)
        case _:
            return _reply(418, _TEXT, sentence, date, extra)


def _error(name: int | str, message: str) -> str:
    return json.dumps({"error": {"name": name, "message": message}}, separators=(",", ":"))


def _retry_after(style: str, now: float, wait: float) -> dict[str, str]:
    if style == "none":
        return {}
    if style == "seconds":
        return {"Retry-After": str(math.ceil(wait))}
    return {"Retry-After": formatdate(math.ceil(now + wait), usegmt=True)}
