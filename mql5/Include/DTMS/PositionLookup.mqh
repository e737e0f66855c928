//+------------------------------------------------------------------+
//| PositionLookup.mqh                                               |
//| a position whose ticket may have changed                         |
//+------------------------------------------------------------------+
#ifndef DTMS_POSITION_LOOKUP_MQH
#define DTMS_POSITION_LOOKUP_MQH

//+------------------------------------------------------------------+
//| CPositionLookup: a swap with re-opening, or a reversal on a      |
//| netting account, gives a position another ticket; its identifier |
//| stays (R13).                                                     |
//+------------------------------------------------------------------+
class CPositionLookup
  {
public:
   static bool       SelectById(const ulong position_id);
   static ulong      TicketOf(const ulong position_id);
  };

//--- selects the open position with that identifier; false: there is none
bool CPositionLookup::SelectById(const ulong position_id)
  {
   return(TicketOf(position_id)!=0);
  }

//--- the present ticket, whose position is selected then; 0: no open position has that identifier
ulong CPositionLookup::TicketOf(const ulong position_id)
  {
   if(position_id==0)
      return(0);
   for(int i=PositionsTotal()-1; i>=0; i--)
     {
      ulong ticket=PositionGetTicket(i);
      if(ticket!=0 && (ulong)PositionGetInteger(POSITION_IDENTIFIER)==position_id)
         return(ticket);
     }
   return(0);
  }

#endif
//+------------------------------------------------------------------+
