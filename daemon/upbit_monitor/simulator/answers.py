"""The head of an answer by the API itself, as recorded: ETag, caching, and Remaining-Req."""

from __future__ import annotations

import gzip
import hashlib
from typing import TYPE_CHECKING

from .laws import shown_name
from .messages import Headers, Reply

if TYPE_CHECKING:
    from random import Random

    from .knobs import Knobs
    from .limits import Standing

_SMALLEST_COMPRESSED = 1024
_ALWAYS = {
    "Vary": "origin,access-control-request-method,access-control-request-headers,accept-encoding",
    "Cache-Control": "no-cache, no-store, max-age=0, must-revalidate",
    "Pragma": "no-cache",
    "Expires": "0",
}
_MALFORMED = (
    "",
    "sec=9",
    "group={0}",
    "group={0}; min=600; sec=",
    "group={0}; min=600; sec=-1",
    "group={0}, min=600, sec=9",
    "group={0}; min=x; sec=9.5",
    "group={0}; min=600; sec=99999999999999999999999",
    "{0} 9",
)


def api_reply(status: int, text: str, date: str, extra: dict[str, str], *, gzipped: bool) -> Reply:
    """An answer in JSON, with the ETag that the exchange computes before it compresses."""
    body = text.encode()
    headers = {"Date": date, "Content-Type": "application/json;charset=UTF-8"} | extra
    headers["ETag"] = f'W/"0{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    if gzipped and len(body) >= _SMALLEST_COMPRESSED:
        body = gzip.compress(body, compresslevel=1, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return Reply(status, Headers(headers | _ALWAYS), body)


def remaining_req(knobs: Knobs, dice: Random, status: int, standing: Standing) -> dict[str, str]:
    """The Remaining-Req header, where and in the form that the knobs ask for."""
    shown = {str(status), f"{status // 100}xx"} & knobs.remaining_on
    if not shown or knobs.remaining_form == "missing":
        return {}
    name = shown_name(standing.group, knobs.group_names)
    if knobs.remaining_form == "malformed":
        return {"Remaining-Req": dice.choice(_MALFORMED).format(name)}
    if knobs.remaining_form == "unexpected":
        name = dice.choice(("unheard-of", "status-wallet"))
    minute = round(60 * standing.law.limit / standing.law.period)
    return {"Remaining-Req": f"group={name}; min={minute}; sec={standing.left}"}
