import pytest

from upbit_monitor.exchange import REGIONS


@pytest.mark.parametrize(
    ("region", "base_url", "money", "hours"),
    [
        ("kr", "https://api.upbit.com", "KRW", 9),
        ("sg", "https://sg-api.upbit.com", "SGD", 8),
        ("id", "https://id-api.upbit.com", "IDR", 7),
        ("th", "https://th-api.upbit.com", "THB", 7),
    ],
)
def test_each_region_has_its_host_its_money_and_its_time(
    region: str, base_url: str, money: str, hours: int
) -> None:
    found = REGIONS[region]
    offset = found.zone.utcoffset(None)
    assert found.name == region
    assert found.base_url == base_url
    assert found.quotes[0] == money
    assert offset.total_seconds() == hours * 3600


def test_there_are_four_regions() -> None:
    assert set(REGIONS) == {"kr", "sg", "id", "th"}
