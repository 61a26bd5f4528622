"""Ways from one dashboard to the others, with time and variables kept."""

from __future__ import annotations

from typing import Any, Final

TAG: Final = "upbit-monitor"
"""By this the five know each other."""

_COMMON: Final = "${__url_time_range}&${datasource:queryparam}&${job:queryparam}"


def among_all() -> list[dict[str, Any]]:
    """Give the buttons at the top of each dashboard."""
    return [
        {
            "type": "dashboards",
            "title": "Upbit",
            "tags": [TAG],
            "asDropdown": False,
            "includeVars": True,
            "keepTime": True,
            "targetBlank": False,
            "icon": "external link",
            "tooltip": "",
            "url": "",
        }
    ]


def to(uid: str, title: str, *, target: str = "", instance: str = "") -> list[dict[str, Any]]:
    """Give a link of a panel's values to another dashboard.

    ``target``, ``instance``: Grafana's reference to the value, such as ``__data.fields.Target``;
    without one, what is chosen above.
    """
    chosen = (("instance", instance), ("target", target))
    narrowed = "&".join(
        f"var-{name}=${{{value}}}" if value else f"${{{name}:queryparam}}" for name, value in chosen
    )
    return [{"title": title, "url": f"/d/{uid}?{_COMMON}&{narrowed}", "targetBlank": False}]
