//+------------------------------------------------------------------+
//| MessageKinds.mqh                                                 |
//| who may send a message, and whether it is counted                |
//+------------------------------------------------------------------+
#ifndef DTMS_MESSAGE_KINDS_MQH
#define DTMS_MESSAGE_KINDS_MQH

#include "Protocol.mqh"

//+------------------------------------------------------------------+
//| CMessageKinds: what the tables of schemas/PROTOCOL.md say of     |
//| each type besides its fields                                     |
//+------------------------------------------------------------------+
class CMessageKinds
  {
public:
   static bool       Known(const int type) { return(ToTerminal(type) || FromTerminalOnly(type)); }
   static bool       ToTerminal(const int type);
   static bool       IsDurable(const int type);
   static bool       IsCommand(const int type);

private:
   static bool       FromTerminalOnly(const int type);
  };

//--- the bridge may send it
bool CMessageKinds::ToTerminal(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_LOGON_ACCEPTED:
      case DTMS_MSG_LOGON_REFUSED:
      case DTMS_MSG_HEARTBEAT:
      case DTMS_MSG_TEST_REQUEST:
      case DTMS_MSG_REJECT:
      case DTMS_MSG_LOGOUT:
      case DTMS_MSG_CREDIT:
      case DTMS_MSG_ROLE_CHANGED:
      case DTMS_MSG_SUBSCRIBE:
      case DTMS_MSG_LEASE:
      case DTMS_MSG_HANDS_OFF:
      case DTMS_MSG_SNAPSHOT_REQUEST:
      case DTMS_MSG_BARS_REQUEST:
         return(true);
      default:
         return(IsCommand(type));
     }
  }

//--- numbered, acknowledged and sent again (R10)
bool CMessageKinds::IsDurable(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_LOGON:
      case DTMS_MSG_LOGON_ACCEPTED:
      case DTMS_MSG_LOGON_REFUSED:
      case DTMS_MSG_HEARTBEAT:
      case DTMS_MSG_TEST_REQUEST:
      case DTMS_MSG_REJECT:
      case DTMS_MSG_LOGOUT:
      case DTMS_MSG_CREDIT:
      case DTMS_MSG_TICKS:
         return(false);
      default:
         return(true);
     }
  }

//--- something to carry out: of an earlier epoch it is answered, not obeyed (R23)
bool CMessageKinds::IsCommand(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_MODIFY_POSITION:
      case DTMS_MSG_REDUCE_POSITION:
      case DTMS_MSG_OPEN_POSITION:
      case DTMS_MSG_CLOSE_BY:
         return(true);
      default:
         return(false);
     }
  }

//--- only a terminal may send it
bool CMessageKinds::FromTerminalOnly(const int type)
  {
   switch(type)
     {
      case DTMS_MSG_LOGON:
      case DTMS_MSG_TICKS:
      case DTMS_MSG_BAR_CLOSED:
      case DTMS_MSG_BARS:
      case DTMS_MSG_SYMBOL_SPEC:
      case DTMS_MSG_ACCOUNT:
      case DTMS_MSG_CALENDAR_EVENT:
      case DTMS_MSG_CLOCK_OFFSET:
      case DTMS_MSG_SNAPSHOT:
      case DTMS_MSG_POSITION_OPENED:
      case DTMS_MSG_POSITION_CHANGED:
      case DTMS_MSG_POSITION_CLOSED:
      case DTMS_MSG_DEAL:
      case DTMS_MSG_ORDER_SEEN:
      case DTMS_MSG_NOTICE:
      case DTMS_MSG_EXECUTION_REPORT:
         return(true);
      default:
         return(false);
     }
  }

#endif
//+------------------------------------------------------------------+
