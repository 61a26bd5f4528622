import json

import yaml

from tests.config.conftest import Loads
from upbit_monitor.config import masked

TEXT = """
    targets:
      korea:
        region: kr
        share: 0.25
        polls: {pulse: {every: 90s, watch: [KRW-BTC]}, ledger: {every: 1s}}
    log: {level: error}
    """
KEY = {"UPBIT_MONITOR_KOREA_ACCESS_KEY": "a", "UPBIT_MONITOR_KOREA_SECRET_KEY": "s"}


def test_the_masked_settings_show_everything_as_a_file_would(loads: Loads) -> None:
    assert masked(loads(TEXT)) == {
        "targets": {
            "korea": {
                "region": "kr",
                "base_url": "https://api.upbit.com",
                "credentials": None,
                "share": 0.25,
                "timeouts": {"connect": "3s", "read": "5s", "total": "10s"},
                "polls": {
                    "pulse": {
                        "every": "1m30s",
                        "depth": 3,
                        "ratio": 0.5,
                        "strict": False,
                        "side": "bid",
                        "note": "",
                        "quotes": [],
                        "watch": ["KRW-BTC"],
                    }
                },
                "idle": {"ledger": "it needs a key, and the target has none"},
            }
        },
        "web": {"listen_address": "127.0.0.1:10931"},
        "log": {"level": "error", "format": "json", "requests": "debug"},
        "metrics": {"series_cap": 1000},
    }


def test_a_key_is_shown_as_a_mask_of_one_length(loads: Loads) -> None:
    target = masked(loads(TEXT, environ=KEY))["targets"]["korea"]
    mask = "********"
    assert target["credentials"] == {"access_key": mask, "secret_key": mask, "algorithm": "HS512"}
    assert target["idle"] == {}


def test_the_masked_settings_can_be_written_as_json_and_yaml(loads: Loads) -> None:
    shown = masked(loads(TEXT, environ=KEY))
    assert json.loads(json.dumps(shown)) == shown
    assert yaml.safe_load(yaml.safe_dump(shown)) == shown


def test_the_masked_settings_without_their_extras_load_again(loads: Loads) -> None:
    settings = loads(TEXT)
    shown = masked(settings)
    assert shown["targets"]["korea"].pop("idle").keys() == {"ledger"}
    shown["targets"]["korea"]["polls"]["ledger"] = {"every": "1s"}
    assert loads(yaml.safe_dump(shown)) == settings
