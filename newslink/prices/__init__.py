"""Security and dates → raw daily bars with provenance; adjustment and trading flags are views of them. akshare stays in the child."""

from newslink.prices.adjust import adjust, resample
from newslink.prices.base import FakeProvider, Outcome, PriceProvider, ProviderFailure
from newslink.prices.flags import trading_flags
from newslink.prices.sample import SampleProvider, sample_bars

__all__ = [
    "FakeProvider",
    "Outcome",
    "PriceProvider",
    "ProviderFailure",
    "SampleProvider",
    "adjust",
    "resample",
    "sample_bars",
    "trading_flags",
]
