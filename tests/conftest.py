"""What all tests share: the printed seeds, and how long hypothesis looks."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# No deadline: a slow machine is no failure. ``print_blob`` prints how to repeat a failure.
settings.register_profile("test", deadline=None, print_blob=True, max_examples=100)
settings.register_profile(
    "nightly",
    deadline=None,
    print_blob=True,
    max_examples=2000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "test"))
