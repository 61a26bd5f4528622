"""Every alert proved by a fault, on a real Prometheus and a real Alertmanager.

Simulated exchanges, each with a fault of its own, are watched by the daemon as it is shipped; the
rules and the inhibitions are those of ``config/``, made so many times faster by one factor. What
Prometheus fires and what Alertmanager tells is held against what each fault should bring about.
``python -m e2e run`` does it, ``python -m e2e serve`` shows what was recorded.
"""
