"""What the exchange shows wants a look: stale or wrong prices, markets, orders, wallets."""

from __future__ import annotations

from typing import Final

from mixin.alerts.steps import logged
from mixin.rule import Alert
from upbit_monitor.logs import Event

_WHERE: Final = "The landing page names them: curl -s http://{{ $labels.instance }}/."

ALERTS: Final = (
    Alert(
        name="UpbitTickerStale",
        expr="upbit_ticker_stale_markets > 0",
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} watched {{ $labels.quote }} markets had no "
        "trade for too long",
        description="{{ $value }} watched {{ $labels.quote }} markets of {{ $labels.target }} had "
        f"no trade for longer than stale_after, or no ticker at all. {_WHERE} Many at once: a "
        "halt; see the exchange's notices.",
    ),
    Alert(
        name="UpbitTickerImplausible",
        expr="upbit_ticker_implausible_markets > 0",
        wait="2m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} prices cannot be ({{ $labels.reason }})",
        description="{{ $value }} tickers of {{ $labels.target }} contradict themselves: "
        f"{{{{ $labels.reason }}}}. Do not trade on them. {_WHERE}",
    ),
    Alert(
        name="UpbitOrderbookIrregular",
        # One-sided, empty and stale books are usual where nobody trades; these two never are.
        expr='upbit_orderbook_irregular_books{condition=~"crossed|missing"} > 0',
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} order books are {{ $labels.condition }}",
        description="{{ $value }} order books of {{ $labels.target }} are {{ $labels.condition }}: "
        f"the market is halted, or the exchange serves old or broken books. {_WHERE}",
    ),
    Alert(
        name="UpbitCandlesLate",
        expr="upbit_candles_late_markets > 0",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} watched markets lack their newest candle",
        description="{{ $value }} watched markets of {{ $labels.target }} have no candle of a "
        f"period that ended longer ago than the threshold. {_WHERE} Busy markets: the exchange "
        "makes candles late, do not decide by them. Quiet ones: watch others, or a longer unit.",
    ),
    Alert(
        name="UpbitMarketWarning",
        expr="upbit_market_warning == 1",
        severity="info",
        summary="{{ $labels.target }}: {{ $labels.market }} is under an investment warning",
        description="{{ $labels.target }} designates {{ $labels.market }} as investment warning "
        "(value {{ $value }}), which often comes before a delisting. Read its notice for the date; "
        f"when it began, if the daemon saw that: {logged(Event.MARKET_WARNED)}.",
    ),
    Alert(
        name="UpbitMarketDelisted",
        expr="increase(upbit_market_delistings_total[1h]) > 0",
        severity="info",
        summary='{{ $labels.target }}: {{ $value | printf "%.0f" }} {{ $labels.quote }} markets '
        "were delisted",
        description='{{ $value | printf "%.0f" }} {{ $labels.quote }} markets went off the list '
        f"of {{{{ $labels.target }}}} within an hour. Which: {logged(Event.MARKET_DELISTED)}.",
    ),
    Alert(
        name="UpbitMarketMissing",
        expr="upbit_monitor_poll_missing_markets > 0",
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} watched markets of poll {{ $labels.poll }} are "
        "not listed",
        description="{{ $value }} entries of `watch` of {{ $labels.target }}/{{ $labels.poll }} "
        "match no listed market: a delisting, or a slip of the pen. Which: "
        f"{logged(Event.MARKET_MISSING)}.",
    ),
    Alert(
        name="UpbitOpenOrderStuck",
        expr="upbit_open_orders_stuck > 0",
        wait="10m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $value }} open {{ $labels.side }} orders do not move",
        description="{{ $value }} open orders ({{ $labels.side }}) of {{ $labels.target }} are "
        f"older than the threshold and nothing of them was executed. {_WHERE} Look at them on the "
        "exchange: the price has left them, or whoever placed them is gone.",
    ),
    Alert(
        name="UpbitWithdrawalSuspended",
        expr="upbit_wallet_withdrawal_possible == 0",
        wait="15m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.currency }} cannot be withdrawn by "
        "{{ $labels.network }}",
        description="The wallet {{ $labels.currency }}/{{ $labels.network }} of "
        "{{ $labels.target }} has paid out nothing (value {{ $value }}) for a quarter of an hour: "
        "what is held there cannot leave. Since when, if the daemon saw that: "
        f"{logged(Event.WALLET_CHANGED)}.",
    ),
    Alert(
        name="UpbitDepositSuspended",
        expr="upbit_wallet_deposit_possible == 0",
        wait="15m",
        severity="info",
        summary="{{ $labels.target }}: {{ $labels.currency }} cannot be deposited by "
        "{{ $labels.network }}",
        description="The wallet {{ $labels.currency }}/{{ $labels.network }} of "
        "{{ $labels.target }} has taken no deposits (value {{ $value }}) for a quarter of an hour: "
        "send nothing there, and expect prices to drift from those elsewhere. Since when, if the "
        f"daemon saw that: {logged(Event.WALLET_CHANGED)}.",
    ),
    Alert(
        name="UpbitOrderMarketInactive",
        expr="upbit_order_market_active == 0",
        wait="5m",
        severity="warning",
        summary="{{ $labels.target }}: {{ $labels.market }} takes no orders",
        description="{{ $labels.target }} does not call {{ $labels.market }} active (value "
        "{{ $value }}): orders may be refused. Ask again: upbit-monitor once order_chance; then "
        "read the exchange's notices for this market.",
    ),
)
