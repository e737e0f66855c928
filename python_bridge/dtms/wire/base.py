"""
Value types and the base class of all messages.

A message is frozen and is written as a MessagePack array of its fields in the order in which the class lists them;
records inside it likewise. Unknown trailing elements are ignored, so a field may be added at the end of a *message* (not of a
record that stands in a list with a fixed width) without a new protocol version.
"""

import enum
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

U32 = 2**32 - 1
U64 = 2**64 - 1
I64 = 2**63 - 1
FLAGS_MAX = 2**31 - 1  # an enumeration is an int in MQL5
EPOCH_MAX = 2**20 - 1  # R23: the epoch is the upper 20 bits of a command id
PRICE_MAX = 1e15  # no market is near it; products of prices and lots stay finite
LOTS_MAX = 1e9  # no broker is near it; sums of 1e-8 lots stay exact
OFFSET_MAX_S = 14 * 3_600  # the farthest time zone
OFFSET_STEP_S = 900


def _float64(value: object) -> object:
    if isinstance(value, int):
        raise ValueError("not a float64")  # noqa: TRY004 - pydantic turns ValueError, not TypeError, into its own error
    return value


_REAL = BeforeValidator(_float64)

Count = Annotated[int, Field(ge=0, le=U64)]
Small = Annotated[int, Field(ge=0, le=U32)]
Epoch = Annotated[int, Field(ge=0, le=EPOCH_MAX)]
Offset = Annotated[int, Field(ge=-OFFSET_MAX_S, le=OFFSET_MAX_S, multiple_of=OFFSET_STEP_S)]
Signed = Annotated[int, Field(ge=-(2**63), le=I64)]
Ticket = Annotated[int, Field(ge=1, le=U64)]
Millis = Annotated[int, Field(ge=0, le=I64)]  # ms since 1970; raw server time on the wire, UTC after the session
Price = Annotated[float, _REAL, Field(gt=0, le=PRICE_MAX, allow_inf_nan=False)]
Lots = Annotated[float, _REAL, Field(gt=0, le=LOTS_MAX, allow_inf_nan=False)]
LotsOrNone = Annotated[float, _REAL, Field(ge=0, le=LOTS_MAX, allow_inf_nan=False)]
Money = Annotated[float, _REAL, Field(allow_inf_nan=False)]
NotNegative = Annotated[float, _REAL, Field(ge=0, allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=64)]  # symbols: MT5 allows 31 characters; servers are longer
Text = Annotated[str, Field(max_length=512)]


def coded(kind: type[enum.IntEnum] | type[enum.IntFlag]) -> BeforeValidator:
    """Return the validator for an enumeration that is an integer on the wire; an unknown number is refused, an unknown bit kept."""

    def convert(value: object) -> object:
        if type(value) is not int:
            return value
        if not 0 <= value <= FLAGS_MAX:
            raise ValueError("out of range")
        return kind(value)

    return BeforeValidator(convert)


class Record(BaseModel):
    """A frozen value that is an array on the wire."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    FIELDS: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.FIELDS = tuple(cls.model_fields)

    @model_validator(mode="before")
    @classmethod
    def _from_array(cls, value: object) -> object:
        if isinstance(value, (list, tuple)):
            return dict(zip(cls.FIELDS, value, strict=False))
        return value

    def to_array(self) -> list[Any]:
        """Return the fields in order, records and enumerations unfolded, ready for MessagePack."""
        return [_plain(getattr(self, name)) for name in self.FIELDS]


class Message(Record):
    """Base of all messages; ``TYPE`` is its number on the wire."""

    TYPE: ClassVar[int] = 0
    DURABLE: ClassVar[bool] = True  # counted by ``seq``, acknowledged, sent again (R10)
    FROM_TERMINAL: ClassVar[bool] = False
    TO_TERMINAL: ClassVar[bool] = False


class FromTerminal(Message):
    """A fact or an answer that the Expert Advisor sends."""

    FROM_TERMINAL: ClassVar[bool] = True


class ToTerminal(Message):
    """A request or a command to the Expert Advisor."""

    TO_TERMINAL: ClassVar[bool] = True


class BothWays(Message):
    """Said by either side."""

    FROM_TERMINAL: ClassVar[bool] = True
    TO_TERMINAL: ClassVar[bool] = True


def _plain(value: object) -> object:
    if isinstance(value, Record):
        return value.to_array()
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool):
        return int(value)
    return value
