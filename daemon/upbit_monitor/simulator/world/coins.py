"""The coins of the simulated world: the well-known ones, and as many invented ones as needed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random


@dataclass(frozen=True, slots=True)
class Coin:
    """A coin, its two names, and about what one costs."""

    code: str
    english: str
    korean: str
    usd: float


MAJORS = (
    Coin("BTC", "Bitcoin", "비트코인", 115000.0),
    Coin("ETH", "Ethereum", "이더리움", 3750.0),
    Coin("XRP", "XRP", "엑스알피(리플)", 2.95),
    Coin("SOL", "Solana", "솔라나", 178.0),
    Coin("USDT", "Tether", "테더", 1.0),
    Coin("DOGE", "Dogecoin", "도지코인", 0.22),
    Coin("ADA", "Ada", "에이다", 0.78),
    Coin("TRX", "TRON", "트론", 0.33),
    Coin("LINK", "Chainlink", "체인링크", 17.4),
    Coin("AVAX", "Avalanche", "아발란체", 23.5),
    Coin("SUI", "Sui", "수이", 3.7),
    Coin("XLM", "Stellar Lumens", "스텔라루멘", 0.41),
    Coin("BCH", "Bitcoin Cash", "비트코인캐시", 560.0),
    Coin("HBAR", "Hedera", "헤데라", 0.26),
    Coin("SHIB", "Shiba Inu", "시바이누", 0.0000128),
    Coin("DOT", "Polkadot", "폴카닷", 3.8),
    Coin("ETC", "Ethereum Classic", "이더리움클래식", 21.6),
    Coin("AAVE", "Aave", "에이브", 268.0),
    Coin("NEAR", "NEAR Protocol", "니어프로토콜", 2.7),
    Coin("ATOM", "Cosmos", "코스모스", 4.5),
    Coin("ZIL", "Zilliqa", "질리카", 0.0118),
    Coin("BAT", "Basic Attention Token", "베이직어텐션토큰", 0.155),
    Coin("FIL", "Filecoin", "파일코인", 2.5),
    Coin("SIGN", "Sign", "사인", 0.071),
    Coin("BERA", "Berachain", "베라체인", 2.05),
)

_SYLLABLES = (
    ("Ba", "바"), ("Ko", "코"), ("Ni", "니"), ("Ru", "루"), ("Se", "세"), ("Ta", "타"),
    ("Mo", "모"), ("Pi", "피"), ("Du", "두"), ("Ge", "게"), ("Ha", "하"), ("Yo", "요"),
)  # fmt: skip
_FAMILIES = (
    ("", ""),
    (" Protocol", "프로토콜"),
    (" Network", "네트워크"),
    (" Finance", "파이낸스"),
)


def coins(count: int, dice: Random) -> list[Coin]:
    """So many coins, the well-known first. The dice decide names and prices of the others.

    Raises ValueError beyond 1,700 coins: there are no more names.
    """
    names = list(product(_SYLLABLES, repeat=3))
    if count > len(MAJORS) + len(names):
        raise ValueError(f"cannot name {count} coins")
    dice.shuffle(names)
    invented = [_invented(name, dice) for name in names[: max(0, count - len(MAJORS))]]
    return [*MAJORS[:count], *invented]


def _invented(name: tuple[tuple[str, str], ...], dice: Random) -> Coin:
    latin = "".join(part for part, _ in name).capitalize()
    english, korean = dice.choice(_FAMILIES)
    usd = math.exp(dice.uniform(math.log(0.02), math.log(20)))
    return Coin(
        code=latin.upper()[:5],
        english=latin + english,
        korean="".join(part for _, part in name) + korean,
        usd=usd,
    )
