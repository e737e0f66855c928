"""
The lint of the portable subset: one source for MetaEditor and for the native host.

It reads the sources as a compiler would (includes, macros, declarations, types as far as they are visible), so that
its grammar is a whitelist: what it cannot read is a finding. The rules are in rules.py.
"""

from mql5host.lint.check import check
from mql5host.lint.rules import RULES, Finding

__all__ = ["RULES", "Finding", "check"]
