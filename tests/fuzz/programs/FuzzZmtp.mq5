//+------------------------------------------------------------------+
//| FuzzZmtp.mq5                                                     |
//| a DEALER that meets any bytes, twice, at two paces               |
//+------------------------------------------------------------------+
#include "Meeting.mqh"

void OnStart(void)
  {
   CZmtpDealer dealer;
   CMeeting meeting;
   ulong whole=meeting.Meet(dealer);
   ulong dripped=meeting.Meet(dealer);
   if(whole!=dripped)
      CInput::Broken("what is told does not depend on how the bytes arrive");
  }
//+------------------------------------------------------------------+
