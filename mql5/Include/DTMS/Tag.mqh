//+------------------------------------------------------------------+
//| Tag.mqh                                                          |
//| what our requests carry in their magic number (R19)              |
//+------------------------------------------------------------------+
#ifndef DTMS_TAG_MQH
#define DTMS_TAG_MQH

#include "Protocol.mqh"

#define DTMS_TAG_PREFIX_SHIFT 48
#define DTMS_TAG_KIND_SHIFT   44
#define DTMS_TAG_COMMAND_MASK 0x00000FFFFFFFFFFF

//+------------------------------------------------------------------+
//| CTag: prefix (15 bits), kind (4 bits), command (44 bits)         |
//+------------------------------------------------------------------+
class CTag
  {
public:
   static ulong      Make(const int kind,const ulong command_id);
   static bool       IsOurs(const ulong magic);
   static int        KindOf(const ulong magic);
   static ulong      CommandOf(const ulong magic);
  };

//--- the magic number of a request; kind is an OpenKind of the protocol
ulong CTag::Make(const int kind,const ulong command_id)
  {
   ulong prefix=(ulong)DTMS_TAG_PREFIX<<DTMS_TAG_PREFIX_SHIFT;
   ulong middle=((ulong)kind&0xF)<<DTMS_TAG_KIND_SHIFT;
   return(prefix|middle|(command_id&DTMS_TAG_COMMAND_MASK));
  }

//--- whether DTMS made the request, whatever kind it was of
bool CTag::IsOurs(const ulong magic)
  {
   return((magic>>DTMS_TAG_PREFIX_SHIFT)==(ulong)DTMS_TAG_PREFIX);
  }

//--- the kind of a tag of ours, 0 for any other magic number
int CTag::KindOf(const ulong magic)
  {
   return(IsOurs(magic) ? (int)((magic>>DTMS_TAG_KIND_SHIFT)&0xF) : 0);
  }

//--- the command that made the request, 0 if it was none of ours
ulong CTag::CommandOf(const ulong magic)
  {
   return(IsOurs(magic) ? magic&DTMS_TAG_COMMAND_MASK : 0);
  }

#endif
//+------------------------------------------------------------------+
