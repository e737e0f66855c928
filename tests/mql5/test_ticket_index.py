"""
The table that finds positions, deals and commands by their numbers, against a dictionary.
"""

import random

from tests.mql5.conftest import Starter

KEYS = [1, 2, 3, 64, 65, 128, 50_000_001, 50_000_002, 2**40 + 7, 2**62]


def test_it_is_a_dictionary(start: Starter) -> None:
    """Few keys, so that they collide and leave holes in chains; many, so that it grows."""
    for seed in range(20):
        rng = random.Random(seed)
        keys = KEYS if seed % 2 else [rng.randrange(1, 500) for _ in range(200)]
        known: dict[int, int] = {}
        operations, expected = [], []
        for value in range(600):
            key = rng.choice(keys)
            match rng.choice("pprf"):
                case "p":
                    known[key] = value
                    operations.append(f"p{key}={value}")
                case "r":
                    known.pop(key, None)
                    operations.append(f"r{key}")
                case _:
                    expected.append(known.get(key, -1))
                    operations.append(f"f{key}")
        program, terminal = start("Index", {"Operations": ",".join(operations)})
        assert program.init() == 0

        fields = terminal.fields()
        assert [int(found) for found in fields["found"].split(",")[:-1]] == expected
        assert int(fields["count"]) == len(known)
