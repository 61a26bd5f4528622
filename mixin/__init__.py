"""Rules, alerts and dashboards as data: what Prometheus computes and what Grafana shows.

A *monitoring mixin*, in the field's word. ``python -m mixin`` writes the files that Prometheus and
Grafana read; nothing in them is written by hand. Metrics are named as `upbit_monitor` declares
them, thresholds stand in ``thresholds``, and a dashboard draws the line that an alert looks at.
"""
