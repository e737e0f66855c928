"""MessageEcho.mqh: every message read and written again by its type, for whoever checks the structures of Messages.mqh."""

from contract.mql5 import BANNER, TICK_FIELDS
from contract.shapes import snake
from contract.vectors import frames
from dtms.wire.messages import MODELS

_CLASS = """
//--- as `STRUCT`
#define DTMS_ECHO(STRUCT)                    \\
  {                                          \\
   STRUCT message;                           \\
   if(!message.Read(reader))                 \\
      return(false);                         \\
   message.Write(writer);                    \\
   return(true);                             \\
  }

//+------------------------------------------------------------------+
//| CMessageEcho: decodes and encodes. What was accepted is written  |
//| as the writer would, so golden vectors come back byte for byte.  |
//+------------------------------------------------------------------+
class CMessageEcho
  {
private:
   static bool       Ticks(CMsgPackReader &reader,CMsgPackWriter &writer);
   static bool       Tick(CMsgPackReader &reader,CMsgPackWriter &writer);

public:
   static bool       Body(const int type,CMsgPackReader &reader,CMsgPackWriter &writer);
   static bool       Frame(const uchar &bytes[],const int size,CMsgPackReader &reader,CMsgPackWriter &writer);
  };

//--- one frame of `size` bytes; false: it is none, or holds more than the fields of its message
bool CMessageEcho::Frame(const uchar &bytes[],const int size,CMsgPackReader &reader,CMsgPackWriter &writer)
  {
   SFrameHeader header;
   writer.Reset();
   reader.Attach(bytes,0,size);
   if(!header.Read(reader))
      return(false);
   header.Write(writer);
   return(Body(header.type,reader,writer) && reader.AtEnd());
  }

//--- quotes are no structure of their own: the Expert Advisor writes them one by one and reads none
bool CMessageEcho::Ticks(CMsgPackReader &reader,CMsgPackWriter &writer)
  {
   int width=0;
   ulong tick_seq=0;
   int total=0;
   if(!reader.Array(width) || width!=2 || !reader.UInt(tick_seq) || !reader.Array(total) || total>DTMS_MAX_TICKS_FRAME)
      return(false);
   writer.Array(2);
   writer.UInt(tick_seq);
   writer.Array(total);
   for(int i=0; i<total; i++)
      if(!Tick(reader,writer))
         return(false);
   return(true);
  }
"""
_READ = {"string": "Text", "long": "Int", "double": "Real"}


def message_echo_mqh() -> str:
    """Return the text of MessageEcho.mqh."""
    text = BANNER.format(name="MessageEcho.mqh", what="every message read and written again")
    text += "#ifndef DTMS_MESSAGE_ECHO_MQH\n#define DTMS_MESSAGE_ECHO_MQH\n\n"
    text += '#include "FrameHeader.mqh"\n#include "Messages.mqh"\n\n'
    text += f"//--- files *.msgpack in schemas/vectors\n#define DTMS_VECTORS {len(list(frames()))}\n"
    return text + _CLASS + _tick() + _body() + "\n#endif\n"


def _tick() -> str:
    wide = [(kind, name) for kind, name in TICK_FIELDS if kind not in _READ]
    reads = [f"reader.{_READ[kind]}(tick.{name})" if kind in _READ else f"reader.UInt(wide_{name})" for kind, name in TICK_FIELDS]
    checks = [f"wide_{name}>0x7FFFFFFF" for _, name in wide]
    return (
        "\nbool CMessageEcho::Tick(CMsgPackReader &reader,CMsgPackWriter &writer)\n  {\n   int width=0;\n   STick tick;\n"
        + "".join(f"   ulong wide_{name}=0;\n" for _, name in wide)
        + f"   if(!reader.Array(width) || width!={len(TICK_FIELDS)})\n      return(false);\n"
        + "".join(f"   if(!{read})\n      return(false);\n" for read in reads)
        + f"   if({' || '.join(checks)})\n      return(false);\n"
        + "".join(f"   tick.{name}=({kind})wide_{name};\n" for kind, name in wide)
        + "   tick.Write(writer);\n   return(true);\n  }\n"
    )


def _body() -> str:
    cases = "".join(
        f"      case DTMS_MSG_{snake(model.__name__)}:\n         DTMS_ECHO(S{model.__name__});\n"
        for model in sorted(MODELS, key=lambda m: m.TYPE)
    )
    return (
        "\n//--- the body of a message of that type; false: no such type, or no such message\n"
        "bool CMessageEcho::Body(const int type,CMsgPackReader &reader,CMsgPackWriter &writer)\n  {\n   switch(type)\n     {\n"
        f"      case DTMS_MSG_TICKS:\n         return(Ticks(reader,writer));\n{cases}"
        "      default:\n         return(false);\n     }\n  }\n"
    )
