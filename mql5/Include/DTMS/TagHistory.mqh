//+------------------------------------------------------------------+
//| TagHistory.mqh                                                   |
//| whether a command has left a trace at the broker                 |
//+------------------------------------------------------------------+
#ifndef DTMS_TAG_HISTORY_MQH
#define DTMS_TAG_HISTORY_MQH

#define DTMS_TAG_SPAN_S 604800  // as long as the ledger remembers

//+------------------------------------------------------------------+
//| CTagHistory: looks for a magic number in live orders and deals   |
//+------------------------------------------------------------------+
class CTagHistory
  {
public:
   static bool       Has(const ulong magic);
  };

bool CTagHistory::Has(const ulong magic)
  {
   for(int i=OrdersTotal()-1; i>=0; i--)
      if(OrderGetTicket(i)!=0 && (ulong)OrderGetInteger(ORDER_MAGIC)==magic)
         return(true);
   long now_s=(long)MathMax((long)TimeCurrent(),(long)TimeTradeServer());
   if(!HistorySelect((datetime)(now_s-DTMS_TAG_SPAN_S),(datetime)(now_s+DTMS_TAG_SPAN_S)))
      return(false);
   for(int i=HistoryDealsTotal()-1; i>=0; i--)
     {
      ulong ticket=HistoryDealGetTicket(i);
      if(ticket!=0 && (ulong)HistoryDealGetInteger(ticket,DEAL_MAGIC)==magic)
         return(true);
     }
   return(false);
  }

#endif
//+------------------------------------------------------------------+
