"""MessageKinds.mqh: who may send a message, and whether it is counted, from the models."""

from collections.abc import Callable

from contract.mql5 import BANNER
from contract.shapes import snake
from dtms.wire.base import Message
from dtms.wire.command_messages import Command
from dtms.wire.messages import MODELS

_CLASS = """
//+------------------------------------------------------------------+
//| CMessageKinds: what the tables of schemas/PROTOCOL.md say of     |
//| each type besides its fields                                     |
//+------------------------------------------------------------------+
class CMessageKinds
  {
public:
   static bool       Known(const int type) { return(ToTerminal(type) || FromTerminal(type)); }
   static bool       ToTerminal(const int type);
   static bool       FromTerminal(const int type);
   static bool       IsDurable(const int type);
   static bool       IsCommand(const int type);
  };
"""


def message_kinds_mqh() -> str:
    """Return the text of MessageKinds.mqh; Ticks, which is no model, comes from the terminal and is not durable."""
    text = BANNER.format(name="MessageKinds.mqh", what="who may send a message, and whether it is counted")
    text += '#ifndef DTMS_MESSAGE_KINDS_MQH\n#define DTMS_MESSAGE_KINDS_MQH\n\n#include "Protocol.mqh"\n' + _CLASS
    text += _function("ToTerminal", "the bridge may send it", lambda m: m.TO_TERMINAL)
    text += _function("FromTerminal", "a terminal may send it", lambda m: m.FROM_TERMINAL, ("DTMS_MSG_TICKS",))
    text += _function("IsDurable", "numbered, acknowledged and sent again (R10)", lambda m: m.DURABLE)
    text += _function(
        "IsCommand",
        "something to carry out: of an earlier epoch it is answered, not obeyed (R23)",
        lambda m: issubclass(m, Command),
    )
    return text + "\n#endif\n"


def _function(name: str, what: str, holds: Callable[[type[Message]], bool], more: tuple[str, ...] = ()) -> str:
    labels = [*more, *(f"DTMS_MSG_{snake(model.__name__)}" for model in MODELS if holds(model))]
    cases = "".join(f"      case {label}:\n" for label in labels)
    return (
        f"\n//--- {what}\nbool CMessageKinds::{name}(const int type)\n  {{\n   switch(type)\n     {{\n{cases}"
        "         return(true);\n      default:\n         return(false);\n     }\n  }\n"
    )
