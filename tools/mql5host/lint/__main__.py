"""`python -m mql5host.lint PATH...`: print the findings, exit with 1 if there are any."""

import sys
from collections.abc import Sequence

from mql5host.lint import RULES, check


def main(arguments: Sequence[str]) -> int:
    """Check the paths, or list the rules for `--rules`."""
    if arguments == ["--rules"]:
        sys.stdout.writelines(f"{rule}  {says}\n" for rule, says in RULES.items())
        return 0
    if not arguments:
        sys.stderr.write("usage: python -m mql5host.lint PATH... | --rules\n")
        return 2
    findings = check(arguments)
    sys.stdout.writelines(f"{finding}\n" for finding in findings)
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
