//+------------------------------------------------------------------+
//| OutcomeSearch.mqh                                                |
//| what became of a request that nobody answered (R19)              |
//+------------------------------------------------------------------+
#ifndef DTMS_OUTCOME_SEARCH_MQH
#define DTMS_OUTCOME_SEARCH_MQH

#include "Elapsed.mqh"
#include "Attribution.mqh"
#include "Codes.mqh"

#define DTMS_SEARCH_BACK_S   60     // deals are searched from so long before the request
#define DTMS_SEARCH_AHEAD_S  86400
#define DTMS_SEARCH_STEP_MS  200    // time between two looks
#define DTMS_SEARCH_EQUAL    5      // two equal reads lie a fifth of the catch-up time apart (2 s of 10 s)

//--- what a look found
enum ENUM_SEARCH_RESULT
  {
   SEARCH_GOES_ON,
   SEARCH_DONE,
   SEARCH_PARTIAL,
   SEARCH_NOT_EXECUTED
  };

//+------------------------------------------------------------------+
//| COutcomeSearch: looks for the tag in deals and orders, or, for   |
//| levels, at the position. "Not executed" is said only when the    |
//| history has caught up: connected without a break for the         |
//| catch-up time, a quote newer than the request seen, two reads    |
//| apart equal, and no live order with the tag.                     |
//+------------------------------------------------------------------+
class COutcomeSearch
  {
private:
   MqlTradeRequest   m_request;
   long              m_asked_s;
   long              m_asked_msc;
   ulong             m_since_ms;
   ulong             m_next_ms;
   ulong             m_read_ms;
   ulong             m_print;
   bool              m_has_print;
   bool              m_live;
   bool              m_dead;

   void              ReadDeals(ulong &print);
   void              ReadOrders(ulong &print);
   void              ReadHistoryOrders(void);
   bool              LevelsAreThere(ulong &print) const;
   bool              NewerQuote(void) const;
   bool              CaughtUp(const ulong print,const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms);

public:
   ulong             order;
   ulong             deal;
   double            volume;
   double            price;

                     COutcomeSearch(void);
   void              Sending(const MqlTradeRequest &request);
   void              Begin(const ulong now_ms);
   ENUM_SEARCH_RESULT Look(const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms);
  };

COutcomeSearch::COutcomeSearch(void) : m_asked_s(0),m_asked_msc(0),m_since_ms(0),m_next_ms(0),m_read_ms(0),m_print(0),m_has_print(false),
   m_live(false),m_dead(false),order(0),deal(0),volume(0.0),price(0.0)
  {
   ZeroMemory(m_request);
  }

//--- remembers what is about to be asked, and the time in the server's terms
void COutcomeSearch::Sending(const MqlTradeRequest &request)
  {
   m_request=request;
   m_asked_s=(long)TimeTradeServer();
   m_asked_msc=SymbolInfoInteger(request.symbol,SYMBOL_TIME_MSC);
  }

//--- the answer did not come
void COutcomeSearch::Begin(const ulong now_ms)
  {
   m_since_ms=now_ms;
   m_next_ms=now_ms;
   m_has_print=false;
  }

//--- one look, when it is time
ENUM_SEARCH_RESULT COutcomeSearch::Look(const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms)
  {
   if(now_ms<m_next_ms)
      return(SEARCH_GOES_ON);
   m_next_ms=now_ms+DTMS_SEARCH_STEP_MS;
   ulong print=0;
   if(m_request.action==TRADE_ACTION_SLTP)
     {
      if(LevelsAreThere(print))
         return(SEARCH_DONE);
      return(CaughtUp(print,connected_ms,catch_up_ms,now_ms) ? SEARCH_NOT_EXECUTED : SEARCH_GOES_ON);
     }
   if(!HistorySelect((datetime)(m_asked_s-DTMS_SEARCH_BACK_S),(datetime)(m_asked_s+DTMS_SEARCH_AHEAD_S)))
      return(SEARCH_GOES_ON);
   ReadDeals(print);
   ReadHistoryOrders();
   ReadOrders(print);
   if(volume>0.0 && (volume>=m_request.volume-DTMS_SAME_PRICE || m_request.action==TRADE_ACTION_CLOSE_BY))
      return(SEARCH_DONE);
   if(m_live)
      return(SEARCH_GOES_ON);
   if(!m_dead && !CaughtUp(print,connected_ms,catch_up_ms,now_ms))
      return(SEARCH_GOES_ON);
   return(volume>0.0 ? SEARCH_PARTIAL : SEARCH_NOT_EXECUTED);
  }

//--- deals with the tag, and a print of all deals of the symbol
void COutcomeSearch::ReadDeals(ulong &print)
  {
   double turnover=0.0;
   volume=0.0;
   for(int i=HistoryDealsTotal()-1; i>=0; i--)
     {
      ulong ticket=HistoryDealGetTicket(i);
      if(ticket==0 || HistoryDealGetString(ticket,DEAL_SYMBOL)!=m_request.symbol)
         continue;
      print+=ticket;
      if((ulong)HistoryDealGetInteger(ticket,DEAL_MAGIC)!=m_request.magic)
         continue;
      double lots=CCodes::NotNegative(HistoryDealGetDouble(ticket,DEAL_VOLUME));
      volume+=lots;
      turnover+=lots*CCodes::NotNegative(HistoryDealGetDouble(ticket,DEAL_PRICE));
      deal=(ticket>deal ? ticket : deal);
      order=(ulong)HistoryDealGetInteger(ticket,DEAL_ORDER);
     }
   price=(volume>0.0 ? turnover/volume : 0.0);
  }

//--- an order with the tag that ended without being filled: it was not executed, and will not be
void COutcomeSearch::ReadHistoryOrders(void)
  {
   m_dead=false;
   for(int i=HistoryOrdersTotal()-1; i>=0; i--)
     {
      ulong ticket=HistoryOrderGetTicket(i);
      if(ticket==0 || (ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC)!=m_request.magic)
         continue;
      order=ticket;
      ENUM_ORDER_STATE state=(ENUM_ORDER_STATE)HistoryOrderGetInteger(ticket,ORDER_STATE);
      m_dead=(state==ORDER_STATE_CANCELED || state==ORDER_STATE_REJECTED || state==ORDER_STATE_EXPIRED);
     }
  }

//--- whether an order with the tag is live
void COutcomeSearch::ReadOrders(ulong &print)
  {
   m_live=false;
   for(int i=OrdersTotal()-1; i>=0; i--)
     {
      ulong ticket=OrderGetTicket(i);
      if(ticket==0 || OrderGetString(ORDER_SYMBOL)!=m_request.symbol)
         continue;
      print+=ticket;
      if((ulong)OrderGetInteger(ORDER_MAGIC)==m_request.magic)
         m_live=true;
     }
  }

//--- whether the position has the levels that were asked for; its levels and volume are the print
bool COutcomeSearch::LevelsAreThere(ulong &print) const
  {
   if(!PositionSelectByTicket(m_request.position))
      return(false);
   double stop=PositionGetDouble(POSITION_SL);
   double target=PositionGetDouble(POSITION_TP);
   print=1+(ulong)MathRound(CCodes::NotNegative(stop)*1000000.0)+31*(ulong)MathRound(CCodes::NotNegative(target)*1000000.0);
   return(MathAbs(stop-m_request.sl)<DTMS_SAME_PRICE && MathAbs(target-m_request.tp)<DTMS_SAME_PRICE);
  }

//--- whether the terminal has heard of the market since
bool COutcomeSearch::NewerQuote(void) const
  {
   return(SymbolInfoInteger(m_request.symbol,SYMBOL_TIME_MSC)>m_asked_msc || (long)TimeCurrent()>m_asked_s);
  }

//--- whether what is not there now will not come any more
bool COutcomeSearch::CaughtUp(const ulong print,const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms)
  {
   if(!m_has_print || print!=m_print)
     {
      m_has_print=true;
      m_print=print;
      m_read_ms=now_ms;
      return(false);
     }
   return(CElapsed::Ms(now_ms,m_read_ms)>=catch_up_ms/DTMS_SEARCH_EQUAL && connected_ms>=catch_up_ms && CElapsed::Ms(now_ms,m_since_ms)>=catch_up_ms && NewerQuote());
  }

#endif
//+------------------------------------------------------------------+
