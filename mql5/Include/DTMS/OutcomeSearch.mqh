//+------------------------------------------------------------------+
//| OutcomeSearch.mqh                                                |
//| what became of a request that nobody answered (R19)              |
//+------------------------------------------------------------------+
#ifndef DTMS_OUTCOME_SEARCH_MQH
#define DTMS_OUTCOME_SEARCH_MQH

#include "Elapsed.mqh"
#include "Attribution.mqh"
#include "Codes.mqh"
#include "PositionLookup.mqh"
#include "RequestRow.mqh"

#define DTMS_SEARCH_SPAN_S   86400  // the magic number is unique; the window only bounds what is read
#define DTMS_SEARCH_STEP_MS  200    // time between two looks
#define DTMS_SEARCH_EQUAL    5      // two equal reads lie a fifth of the catch-up time apart (2 s of 10 s)
#define DTMS_SEARCH_NO_LOTS  1e-9   // less than that is no volume

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
//| levels, at the position. All parts of a command have one tag:    |
//| only what is there beyond the parts booked before is found.      |
//| "Not executed" is said only when the history has caught up:      |
//| connected without a break for the catch-up time, a quote newer   |
//| than the request seen, two reads apart equal, no live order with |
//| the tag, and no order that was filled further than its deals.    |
//+------------------------------------------------------------------+
class COutcomeSearch
  {
private:
   MqlTradeRequest   m_request;
   ulong             m_position_id;
   double            m_booked_lots;
   double            m_booked_turnover;
   long              m_first_s;
   long              m_quoted_s;
   long              m_quoted_msc;
   ulong             m_since_ms;
   ulong             m_next_ms;
   ulong             m_read_ms;
   ulong             m_print;
   bool              m_has_print;
   bool              m_live;
   bool              m_owes_deals;

   bool              Select(void) const;
   double            ReadDeals(ulong &print);
   void              ReadHistoryOrders(const double dealt,ulong &print);
   void              ReadOrders(ulong &print);
   bool              LevelsAreThere(ulong &print) const;
   bool              NewerQuote(void) const;
   bool              CaughtUp(const ulong print,const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms);

public:
   ulong             order;
   ulong             deal;
   double            volume;
   double            price;

                     COutcomeSearch(void);
   void              Sending(const MqlTradeRequest &request,const ulong position_id,const double lots,const double turnover);
   void              Begin(const ulong now_ms);
   void              Write(CMsgPackWriter &row) const;
   bool              Read(CMsgPackReader &row);
   void              CopyRequest(MqlTradeRequest &request) const { request=m_request; }
   ENUM_SEARCH_RESULT Look(const ulong connected_ms,const ulong catch_up_ms,const ulong now_ms);
  };

COutcomeSearch::COutcomeSearch(void) : m_position_id(0),m_booked_lots(0.0),m_booked_turnover(0.0),m_first_s(0),m_quoted_s(0),m_quoted_msc(0),
   m_since_ms(0),m_next_ms(0),m_read_ms(0),m_print(0),m_has_print(false),m_live(false),m_owes_deals(false),order(0),deal(0),volume(0.0),price(0.0)
  {
   ZeroMemory(m_request);
  }

//--- remembers what is about to be asked, what the command has brought so far, and the time in the market's terms, for
//--- the clock of the computer may be wrong
void COutcomeSearch::Sending(const MqlTradeRequest &request,const ulong position_id,const double lots,const double turnover)
  {
   m_request=request;
   m_position_id=position_id;
   m_booked_lots=lots;
   m_booked_turnover=turnover;
   m_quoted_s=(long)TimeCurrent();
   m_first_s=(long)MathMin(m_quoted_s,(long)TimeTradeServer())-DTMS_SEARCH_SPAN_S;
   m_quoted_msc=SymbolInfoInteger(request.symbol,SYMBOL_TIME_MSC);
  }

//--- the answer did not come
void COutcomeSearch::Begin(const ulong now_ms)
  {
   m_since_ms=now_ms;
   m_next_ms=now_ms;
   m_has_print=false;
  }

//--- what must be known of the request to search for it in another life
void COutcomeSearch::Write(CMsgPackWriter &row) const
  {
   CRequestRow::Write(m_request,row);
   row.UInt(m_position_id);
   row.Real(m_booked_lots);
   row.Real(m_booked_turnover);
   row.Int(m_first_s);
   row.Int(m_quoted_s);
   row.Int(m_quoted_msc);
  }

//--- the same, read in that other life; false: it is not all there
bool COutcomeSearch::Read(CMsgPackReader &row)
  {
   return(CRequestRow::Read(row,m_request) && row.UInt(m_position_id) && row.Real(m_booked_lots) && row.Real(m_booked_turnover)
          && row.Int(m_first_s) && row.Int(m_quoted_s) && row.Int(m_quoted_msc));
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
   if(!Select())
      return(SEARCH_GOES_ON);
   double dealt=ReadDeals(print);
   ReadHistoryOrders(dealt,print);
   ReadOrders(print);
   bool found=(volume>DTMS_SEARCH_NO_LOTS);
   if(found && (volume>=m_request.volume-DTMS_SEARCH_NO_LOTS || m_request.action==TRADE_ACTION_CLOSE_BY))
      return(SEARCH_DONE);
   if(m_live || m_owes_deals || !CaughtUp(print,connected_ms,catch_up_ms,now_ms))
      return(SEARCH_GOES_ON);
   return(found ? SEARCH_PARTIAL : SEARCH_NOT_EXECUTED);
  }

bool COutcomeSearch::Select(void) const
  {
   long last_s=(long)MathMax((long)TimeCurrent(),(long)TimeTradeServer())+DTMS_SEARCH_SPAN_S;
   return(HistorySelect((datetime)m_first_s,(datetime)last_s));
  }

//--- deals with the tag; what they have beyond the parts before is the volume found. Returns the lots of all of them.
double COutcomeSearch::ReadDeals(ulong &print)
  {
   bool one_position=(m_request.action==TRADE_ACTION_CLOSE_BY && m_position_id!=0);
   double turnover=0.0;
   double dealt=0.0;
   for(int i=HistoryDealsTotal()-1; i>=0; i--)
     {
      ulong ticket=HistoryDealGetTicket(i);
      if(ticket==0 || (ulong)HistoryDealGetInteger(ticket,DEAL_MAGIC)!=m_request.magic)
         continue;
      print+=ticket;
      if(one_position && (ulong)HistoryDealGetInteger(ticket,DEAL_POSITION_ID)!=m_position_id)
         continue;
      double lots=CCodes::NotNegative(HistoryDealGetDouble(ticket,DEAL_VOLUME));
      dealt+=lots;
      turnover+=lots*CCodes::NotNegative(HistoryDealGetDouble(ticket,DEAL_PRICE));
      if(ticket<=deal)
         continue;
      deal=ticket;
      order=(ulong)HistoryDealGetInteger(ticket,DEAL_ORDER);
     }
   volume=MathMax(0.0,dealt-m_booked_lots);
   price=(volume>DTMS_SEARCH_NO_LOTS ? MathMax(0.0,turnover-m_booked_turnover)/volume : 0.0);
   return(dealt);
  }

//--- ended orders with the tag: whether one was filled further than the deals say, which then are still to come
void COutcomeSearch::ReadHistoryOrders(const double dealt,ulong &print)
  {
   double filled=0.0;
   for(int i=HistoryOrdersTotal()-1; i>=0; i--)
     {
      ulong ticket=HistoryOrderGetTicket(i);
      if(ticket==0 || (ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC)!=m_request.magic)
         continue;
      print+=ticket;
      if((ENUM_ORDER_STATE)HistoryOrderGetInteger(ticket,ORDER_STATE)==ORDER_STATE_REJECTED)
         continue;
      filled+=HistoryOrderGetDouble(ticket,ORDER_VOLUME_INITIAL)-HistoryOrderGetDouble(ticket,ORDER_VOLUME_CURRENT);
     }
   if(m_request.action==TRADE_ACTION_CLOSE_BY)
      m_owes_deals=(filled>DTMS_SEARCH_NO_LOTS && dealt<=DTMS_SEARCH_NO_LOTS);
   else
      m_owes_deals=(filled>dealt+DTMS_SEARCH_NO_LOTS);
  }

//--- whether an order with the tag is live
void COutcomeSearch::ReadOrders(ulong &print)
  {
   m_live=false;
   for(int i=OrdersTotal()-1; i>=0; i--)
     {
      ulong ticket=OrderGetTicket(i);
      if(ticket==0 || (ulong)OrderGetInteger(ORDER_MAGIC)!=m_request.magic)
         continue;
      print+=ticket;
      m_live=true;
     }
  }

//--- whether the position has the levels that were asked for; its levels and volume are the print
bool COutcomeSearch::LevelsAreThere(ulong &print) const
  {
   if(!PositionSelectByTicket(m_request.position) && !CPositionLookup::SelectById(m_position_id))
      return(false);
   double stop=PositionGetDouble(POSITION_SL);
   double target=PositionGetDouble(POSITION_TP);
   print=1+(ulong)MathRound(CCodes::NotNegative(stop)*1000000.0)+31*(ulong)MathRound(CCodes::NotNegative(target)*1000000.0);
   return(MathAbs(stop-m_request.sl)<DTMS_SAME_PRICE && MathAbs(target-m_request.tp)<DTMS_SAME_PRICE);
  }

//--- whether the terminal has heard of the market since
bool COutcomeSearch::NewerQuote(void) const
  {
   return(SymbolInfoInteger(m_request.symbol,SYMBOL_TIME_MSC)>m_quoted_msc || (long)TimeCurrent()>m_quoted_s);
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
