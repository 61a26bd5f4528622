"""The five dashboards, each panel an answer to one question.

``expressions`` writes PromQL with the matchers that the catalogue and the variables imply,
``panels`` make what Grafana reads, ``layout`` places them, ``dashboard`` puts all together.
"""

from __future__ import annotations

from typing import Final

from mixin.dashboards.api_latency import API_LATENCY
from mixin.dashboards.daemon import DAEMON
from mixin.dashboards.exchange import EXCHANGE
from mixin.dashboards.overview import OVERVIEW
from mixin.dashboards.rate_limits import RATE_LIMITS

DASHBOARDS: Final = (OVERVIEW, API_LATENCY, RATE_LIMITS, DAEMON, EXCHANGE)
"""In the order in which they are read."""
