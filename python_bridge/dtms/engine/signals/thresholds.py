"""The distance from VWAP that means something, by symbol and regime; and one name for a symbol that brokers name differently."""

from dtms.engine.signals.regime import Regime
from dtms.settings_regime import ThresholdSettings
from dtms.settings_score import SignalSettings
from dtms.signal_names import Bands, Session, Volatility


def canonical(symbol: str, rules: SignalSettings, currency_base: str = "", currency_profit: str = "") -> str:
    """
    Return the canonical name of a broker's symbol.

    The user's map decides; else base and profit currency of the specification, where the broker's name holds them in a row, so
    that ``EURUSD.a`` and ``mXAUUSDc`` find their rows; else the name as it is.
    """
    if symbol in rules.symbols:
        return rules.symbols[symbol]
    pair = (currency_base + currency_profit).upper()
    if currency_base and currency_profit and pair in symbol.upper():
        return pair
    return symbol.upper() if symbol.upper() in rules.thresholds.base else symbol


def threshold_of(symbol: str, session: Session, regime: Regime, settings: ThresholdSettings) -> float:
    """Return the threshold as a share of the price."""
    base = settings.base.get(symbol, settings.other)
    product = _session(session, settings) * _volatility(regime.volatility, settings) * _bands(regime.bands, settings)
    return base * min(max(product, settings.at_least), settings.at_most)


def _session(session: Session, settings: ThresholdSettings) -> float:
    factors = settings.session
    match session:
        case Session.ASIAN:
            return factors.asian
        case Session.LONDON:
            return factors.london
        case Session.NY:
            return factors.ny
        case Session.OVERLAP:
            return factors.overlap


def _volatility(volatility: Volatility, settings: ThresholdSettings) -> float:
    factors = settings.volatility
    match volatility:
        case Volatility.LOW:
            return factors.low
        case Volatility.NORMAL:
            return factors.normal
        case Volatility.HIGH:
            return factors.high


def _bands(bands: Bands, settings: ThresholdSettings) -> float:
    return settings.bands.range if bands is Bands.RANGE else settings.bands.trend
