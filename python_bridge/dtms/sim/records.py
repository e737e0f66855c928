"""
State as MQL5 properties: mappings from the platform's identifiers to plain ints, floats and strings.

Which properties there are follows the reference; what the model has no value for is given as the platform gives
it on an ordinary account (0, empty).
"""

from collections.abc import Mapping

from dtms.sim.market import Quote
from dtms.sim.mt5 import OrderType
from dtms.sim.spec import SymbolSpec
from dtms.sim.standing import Standing
from dtms.sim.state import Account, Deal, Order, Position

Record = Mapping[str, int | float | str]


def position_record(position: Position, price: float, profit: float) -> Record:
    """POSITION_*; current price and profit come from the caller's quote."""
    return {
        "POSITION_TICKET": position.ticket,
        "POSITION_TIME": position.time_msc // 1_000,
        "POSITION_TIME_MSC": position.time_msc,
        "POSITION_TIME_UPDATE": position.time_update_msc // 1_000,
        "POSITION_TIME_UPDATE_MSC": position.time_update_msc,
        "POSITION_TYPE": position.side,
        "POSITION_MAGIC": position.magic,
        "POSITION_IDENTIFIER": position.identifier,
        "POSITION_REASON": position.reason.value,
        "POSITION_VOLUME": position.volume,
        "POSITION_PRICE_OPEN": position.price_open,
        "POSITION_SL": position.sl,
        "POSITION_TP": position.tp,
        "POSITION_PRICE_CURRENT": price,
        "POSITION_SWAP": position.swap,
        "POSITION_PROFIT": profit,
        "POSITION_SYMBOL": position.symbol,
        "POSITION_COMMENT": position.comment,
        "POSITION_EXTERNAL_ID": "",
    }


def order_record(order: Order) -> Record:
    """ORDER_*, of a live order or one of the history."""
    return {
        "ORDER_TICKET": order.ticket,
        "ORDER_TIME_SETUP": order.time_setup_msc // 1_000,
        "ORDER_TYPE": int(order.type),
        "ORDER_STATE": order.state.value,
        "ORDER_TIME_EXPIRATION": 0,
        "ORDER_TIME_DONE": order.time_done_msc // 1_000,
        "ORDER_TIME_SETUP_MSC": order.time_setup_msc,
        "ORDER_TIME_DONE_MSC": order.time_done_msc,
        "ORDER_TYPE_FILLING": int(order.filling),
        "ORDER_TYPE_TIME": 0,
        "ORDER_MAGIC": order.magic,
        "ORDER_REASON": order.reason.value,
        "ORDER_POSITION_ID": order.position_id,
        "ORDER_POSITION_BY_ID": order.position_by_id if order.type == OrderType.CLOSE_BY else 0,
        "ORDER_VOLUME_INITIAL": order.volume_initial,
        "ORDER_VOLUME_CURRENT": order.volume_current,
        "ORDER_PRICE_OPEN": order.price,
        "ORDER_SL": order.sl,
        "ORDER_TP": order.tp,
        "ORDER_PRICE_CURRENT": order.price,
        "ORDER_PRICE_STOPLIMIT": 0.0,
        "ORDER_SYMBOL": order.symbol,
        "ORDER_COMMENT": order.comment,
        "ORDER_EXTERNAL_ID": "",
    }


def deal_record(deal: Deal) -> Record:
    """DEAL_*."""
    return {
        "DEAL_TICKET": deal.ticket,
        "DEAL_ORDER": deal.order,
        "DEAL_TIME": deal.time_msc // 1_000,
        "DEAL_TIME_MSC": deal.time_msc,
        "DEAL_TYPE": deal.type.value,
        "DEAL_ENTRY": deal.entry.value,
        "DEAL_MAGIC": deal.magic,
        "DEAL_REASON": deal.reason.value,
        "DEAL_POSITION_ID": deal.position_id,
        "DEAL_VOLUME": deal.volume,
        "DEAL_PRICE": deal.price,
        "DEAL_COMMISSION": deal.commission,
        "DEAL_SWAP": deal.swap,
        "DEAL_PROFIT": deal.profit,
        "DEAL_FEE": deal.fee,
        "DEAL_SL": deal.sl,
        "DEAL_TP": deal.tp,
        "DEAL_SYMBOL": deal.symbol,
        "DEAL_COMMENT": deal.comment,
        "DEAL_EXTERNAL_ID": "",
    }


def account_record(standing: Standing) -> Record:
    """ACCOUNT_*, valued at the quotes that the terminal knows."""
    account = standing.account
    places = account.currency_digits
    floating, margin = standing.floating(), standing.margin()
    equity = account.balance + account.credit + floating
    return {
        **_account_facts(account),
        "ACCOUNT_PROFIT": round(floating, places),
        "ACCOUNT_EQUITY": round(equity, places),
        "ACCOUNT_MARGIN": round(margin, places),
        "ACCOUNT_MARGIN_FREE": round(equity - margin, places),
        "ACCOUNT_MARGIN_LEVEL": equity / margin * 100 if margin > 0 else 0.0,
    }


def _account_facts(account: Account) -> Record:
    return {
        "ACCOUNT_LOGIN": account.login,
        "ACCOUNT_TRADE_MODE": account.kind.value,
        "ACCOUNT_LEVERAGE": account.leverage,
        "ACCOUNT_LIMIT_ORDERS": account.limit_orders,
        "ACCOUNT_MARGIN_SO_MODE": 0,
        "ACCOUNT_TRADE_ALLOWED": int(account.trade_allowed),
        "ACCOUNT_TRADE_EXPERT": int(account.trade_expert),
        "ACCOUNT_MARGIN_MODE": account.margin_mode.value,
        "ACCOUNT_CURRENCY_DIGITS": account.currency_digits,
        "ACCOUNT_FIFO_CLOSE": int(account.fifo_close and not account.nets),
        "ACCOUNT_HEDGE_ALLOWED": int(account.hedge_allowed and not account.nets),
        "ACCOUNT_BALANCE": account.balance,
        "ACCOUNT_CREDIT": account.credit,
        "ACCOUNT_MARGIN_SO_CALL": account.so_call,
        "ACCOUNT_MARGIN_SO_SO": account.so_so,
        "ACCOUNT_MARGIN_INITIAL": 0.0,
        "ACCOUNT_MARGIN_MAINTENANCE": 0.0,
        "ACCOUNT_ASSETS": 0.0,
        "ACCOUNT_LIABILITIES": 0.0,
        "ACCOUNT_COMMISSION_BLOCKED": 0.0,
        "ACCOUNT_NAME": account.name,
        "ACCOUNT_SERVER": account.server,
        "ACCOUNT_CURRENCY": account.currency,
        "ACCOUNT_COMPANY": account.company,
    }


def symbol_facts(spec: SymbolSpec) -> dict[str, int | float | str]:
    """SYMBOL_* without what quotes and the Market Watch decide."""
    return {
        "SYMBOL_EXIST": 1,
        "SYMBOL_CUSTOM": 0,
        "SYMBOL_CHART_MODE": 0,  # bars of bids
        "SYMBOL_DIGITS": spec.digits,
        "SYMBOL_POINT": spec.point,
        "SYMBOL_SPREAD_FLOAT": 1,
        "SYMBOL_TICKS_BOOKDEPTH": 0,
        "SYMBOL_TRADE_CALC_MODE": spec.calc_mode,
        "SYMBOL_TRADE_MODE": int(spec.trade_mode),
        "SYMBOL_START_TIME": 0,
        "SYMBOL_EXPIRATION_TIME": 0,
        "SYMBOL_TRADE_EXEMODE": int(spec.execution),
        "SYMBOL_TRADE_STOPS_LEVEL": spec.stops_level,
        "SYMBOL_TRADE_FREEZE_LEVEL": spec.freeze_level,
        "SYMBOL_FILLING_MODE": spec.filling_mode,
        "SYMBOL_EXPIRATION_MODE": spec.expiration_mode,
        "SYMBOL_ORDER_MODE": spec.order_mode,
        "SYMBOL_ORDER_GTC_MODE": 0,
        "SYMBOL_TRADE_TICK_SIZE": spec.tick_size,
        "SYMBOL_TRADE_CONTRACT_SIZE": spec.contract_size,
        "SYMBOL_VOLUME_MIN": spec.volume_min,
        "SYMBOL_VOLUME_MAX": spec.volume_max,
        "SYMBOL_VOLUME_STEP": spec.volume_step,
        "SYMBOL_VOLUME_LIMIT": spec.volume_limit,
        "SYMBOL_SWAP_MODE": int(spec.swap_mode),
        "SYMBOL_SWAP_LONG": spec.swap_long,
        "SYMBOL_SWAP_SHORT": spec.swap_short,
        "SYMBOL_SWAP_ROLLOVER3DAYS": spec.swap_rollover3days,
        "SYMBOL_MARGIN_INITIAL": spec.margin_initial,
        "SYMBOL_MARGIN_MAINTENANCE": spec.margin_maintenance,
        "SYMBOL_MARGIN_HEDGED": spec.margin_hedged,
        "SYMBOL_MARGIN_HEDGED_USE_LEG": 0,
        "SYMBOL_CURRENCY_BASE": spec.currency_base,
        "SYMBOL_CURRENCY_PROFIT": spec.currency_profit,
        "SYMBOL_CURRENCY_MARGIN": spec.currency_margin,
        "SYMBOL_DESCRIPTION": spec.description,
        "SYMBOL_PATH": spec.path,
        "SYMBOL_LAST": 0.0,
        "SYMBOL_VOLUME": 0,
    }


def symbol_record(
    facts: Mapping[str, int | float | str], quote: Quote | None, raw: tuple[float, float], tick_value: float, selected: int
) -> Record:
    """SYMBOL_* complete; `raw` is (bid, ask) as it came, 0 before the first quote."""
    server_msc = quote.server_msc if quote is not None else 0
    bid, ask = raw
    point = float(facts["SYMBOL_POINT"])
    return {
        **facts,
        "SYMBOL_SELECT": selected,
        "SYMBOL_VISIBLE": selected,
        "SYMBOL_TIME": server_msc // 1_000,
        "SYMBOL_TIME_MSC": server_msc,
        "SYMBOL_BID": bid,
        "SYMBOL_ASK": ask,
        "SYMBOL_SPREAD": round((ask - bid) / point),
        "SYMBOL_TRADE_TICK_VALUE": tick_value,
        "SYMBOL_TRADE_TICK_VALUE_PROFIT": tick_value,
        "SYMBOL_TRADE_TICK_VALUE_LOSS": tick_value,
    }


def terminal_record(*, connected: bool, algo_button: bool) -> Record:
    """TERMINAL_*."""
    return {
        "TERMINAL_BUILD": 5_000,
        "TERMINAL_CONNECTED": int(connected),
        "TERMINAL_TRADE_ALLOWED": int(algo_button),
        "TERMINAL_DLLS_ALLOWED": 0,
        "TERMINAL_MAXBARS": 100_000,
        "TERMINAL_PING_LAST": 12_000,  # microseconds
        "TERMINAL_VPS": 0,
        "TERMINAL_CPU_CORES": 2,
        "TERMINAL_MEMORY_PHYSICAL": 8_192,
        "TERMINAL_MEMORY_TOTAL": 8_192,
        "TERMINAL_MEMORY_AVAILABLE": 6_000,
        "TERMINAL_MEMORY_USED": 250,
        "TERMINAL_DISK_SPACE": 50_000,
        "TERMINAL_X64": 1,
        "TERMINAL_CODEPAGE": 0,
        "TERMINAL_SCREEN_DPI": 96,
        "TERMINAL_RETRANSMISSION": 0.0,
        "TERMINAL_NAME": "Simulated terminal",
        "TERMINAL_COMPANY": "Simulated Broker",
        "TERMINAL_LANGUAGE": "English",
        "TERMINAL_PATH": "",
        "TERMINAL_DATA_PATH": "",
        "TERMINAL_COMMONDATA_PATH": "",
        "TERMINAL_OS_VERSION": "",
    }


def program_record(*, trade_allowed: bool, name: str) -> Record:
    """MQL_*; 2 is PROGRAM_EXPERT."""
    return {
        "MQL_PROGRAM_TYPE": 2,
        "MQL_TRADE_ALLOWED": int(trade_allowed),
        "MQL_DLLS_ALLOWED": 0,
        "MQL_SIGNALS_ALLOWED": 0,
        "MQL_DEBUG": 0,
        "MQL_PROFILER": 0,
        "MQL_TESTER": 0,
        "MQL_FORWARD": 0,
        "MQL_OPTIMIZATION": 0,
        "MQL_VISUAL_MODE": 0,
        "MQL_FRAME_MODE": 0,
        "MQL_LICENSE_TYPE": 0,
        "MQL_STARTED_FROM_CONFIG": 0,
        "MQL_HANDLES_USED": 0,
        "MQL_MEMORY_LIMIT": 8_192,
        "MQL_MEMORY_USED": 16,
        "MQL_PROGRAM_NAME": name,
        "MQL_PROGRAM_PATH": "",
        "MQL5_PROGRAM_PATH": "",  # the spelling of the reference's table
    }
