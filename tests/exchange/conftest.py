from __future__ import annotations

from functools import partial
from re import compile as pattern
from typing import TYPE_CHECKING, Protocol
from unittest.mock import create_autospec

import aiohttp
import pytest
from aiohttp.abc import AbstractStreamWriter
from aioresponses import aioresponses

if TYPE_CHECKING:
    from collections.abc import Iterator


class Stage(Protocol):
    """Sets what the next request is answered."""

    def __call__(
        self,
        *,
        status: int = 200,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        exception: BaseException | None = None,
    ) -> None: ...


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Answer without a socket. URLs, middlewares and resends are invisible here: see ``origin``."""
    # aioresponses 0.7.9 gives its answers no ``stream_writer``, which aiohttp 3.14 wants.
    writer = create_autospec(AbstractStreamWriter, instance=True, output_size=0)
    response = partial(aiohttp.ClientResponse, stream_writer=writer)
    with aioresponses() as mocked:
        yield partial(mocked.get, pattern(".*"), response_class=response)
