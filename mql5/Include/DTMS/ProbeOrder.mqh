//+------------------------------------------------------------------+
//| ProbeOrder.mqh                                                   |
//| one position, opened and closed to see what the terminal tells   |
//+------------------------------------------------------------------+
#ifndef DTMS_PROBE_ORDER_MQH
#define DTMS_PROBE_ORDER_MQH

#include "SymbolRules.mqh"
#include "Tag.mqh"

#define DTMS_PROBE_COMMENT   "DTMS probe, 31 characters long."
#define DTMS_PROBE_KIND      4                // 63 bits are used with the prefix before it
#define DTMS_PROBE_COMMAND   0xFEDCBA98765
#define DTMS_PROBE_DEVIATION 50

//+------------------------------------------------------------------+
//| CProbeOrder: sends as the Expert Advisor does, asynchronously    |
//| and with its magic number, and remembers what came back          |
//+------------------------------------------------------------------+
class CProbeOrder
  {
private:
   string            m_symbol;
   CSymbolRules      m_rules;
   ulong             m_magic;
   uint              m_request_id;
   ulong             m_sent_ms;
   bool              m_answered;
   uint              m_code;
   ulong             m_answer_ms;
   string            m_seen;
   ulong             m_ticket;
   ulong             m_position;
   double            m_volume;
   string            m_comment;

   string            Send(MqlTradeRequest &request);

public:
                     CProbeOrder(void);
   void              Begin(const string symbol) { m_symbol=symbol; }
   string            Open(void);
   string            Close(void);
   void              OnAnswer(const MqlTradeResult &result,const ulong now_ms);
   bool              Answered(void) const { return(m_answered); }
   uint              RequestId(void) const { return(m_request_id); }
   uint              Code(void) const { return(m_code); }
   ulong             AnswerMs(void) const { return(m_answer_ms); }
   string            Seen(void) const { return(m_seen!="" ? m_seen : "none"); }
   string            Magic(void) const { return(StringFormat("%I64u",m_magic)); }
   string            Position(void) const { return(StringFormat("%I64u",m_position)); }
   string            Comment(void) const { return(m_comment); }
   bool              FindPosition(void);
   bool              HistoryThere(void) const;
   string            HistoryFault(void) const;
  };

CProbeOrder::CProbeOrder(void) : m_symbol(""),m_magic(0),m_request_id(0),m_sent_ms(0),m_answered(false),m_code(0),m_answer_ms(0),
   m_seen(""),m_ticket(0),m_position(0),m_volume(0.0),m_comment("")
  {
   m_magic=CTag::Make(DTMS_PROBE_KIND,DTMS_PROBE_COMMAND);
  }

//--- buys the smallest volume; empty: it is on its way
string CProbeOrder::Open(void)
  {
   if(!m_rules.Load(m_symbol) || !m_rules.HasPrices())
      return("no prices of "+m_symbol);
   MqlTradeRequest request={};
   request.action=TRADE_ACTION_DEAL;
   request.type=ORDER_TYPE_BUY;
   request.volume=m_rules.Smallest();
   request.price=m_rules.EntryPrice(DTMS_SIDE_BUY);
   request.comment=DTMS_PROBE_COMMENT;
   return(Send(request));
  }

//--- closes the position that was found
string CProbeOrder::Close(void)
  {
   if(!m_rules.Load(m_symbol) || !m_rules.HasPrices())
      return("no prices of "+m_symbol);
   MqlTradeRequest request={};
   request.action=TRADE_ACTION_DEAL;
   request.type=ORDER_TYPE_SELL;
   request.position=m_ticket;
   request.volume=m_volume;
   request.price=m_rules.ExitPrice(DTMS_SIDE_BUY);
   return(Send(request));
  }

string CProbeOrder::Send(MqlTradeRequest &request)
  {
   MqlTradeResult result={};
   request.symbol=m_symbol;
   request.magic=m_magic;
   request.deviation=DTMS_PROBE_DEVIATION;
   request.type_filling=m_rules.Filling(0);
   m_answered=false;
   m_seen="";
   m_request_id=0;
   m_sent_ms=GetTickCount64();
   ResetLastError();
   if(!OrderSendAsync(request,result))
      return("OrderSendAsync fails, error "+IntegerToString(GetLastError())+", code "+IntegerToString((long)result.retcode));
   m_request_id=result.request_id;
   return("");
  }

//--- an answer of the broker to some request
void CProbeOrder::OnAnswer(const MqlTradeResult &result,const ulong now_ms)
  {
   if(StringLen(m_seen)<100)
      m_seen+=(m_seen!="" ? ", " : "")+IntegerToString((long)result.request_id);
   if(m_answered || m_request_id==0 || result.request_id!=m_request_id)
      return;
   m_answered=true;
   m_code=result.retcode;
   m_answer_ms=now_ms-m_sent_ms;
  }

//--- the position with our magic number, wherever it stands
bool CProbeOrder::FindPosition(void)
  {
   for(int i=PositionsTotal()-1; i>=0; i--)
     {
      ulong ticket=PositionGetTicket(i);
      if(ticket==0 || (ulong)PositionGetInteger(POSITION_MAGIC)!=m_magic)
         continue;
      m_ticket=ticket;
      m_position=(ulong)PositionGetInteger(POSITION_IDENTIFIER);
      m_volume=PositionGetDouble(POSITION_VOLUME);
      m_comment=PositionGetString(POSITION_COMMENT);
      return(true);
     }
   return(false);
  }

//--- both deals and both orders are in the history
bool CProbeOrder::HistoryThere(void) const
  {
   return(HistorySelectByPosition((long)m_position) && HistoryDealsTotal()>=2 && HistoryOrdersTotal()>=2);
  }

//--- what lost the magic number; empty: nothing
string CProbeOrder::HistoryFault(void) const
  {
   if(!HistoryThere())
      return("after 10 s the history of position "+Position()+" has "+IntegerToString(HistoryDealsTotal())+" deals and "+
             IntegerToString(HistoryOrdersTotal())+" orders");
   for(int i=0; i<HistoryDealsTotal(); i++)
     {
      ulong ticket=HistoryDealGetTicket(i);
      ulong magic=(ulong)HistoryDealGetInteger(ticket,DEAL_MAGIC);
      if(magic!=m_magic)
         return(StringFormat("deal %I64u bears %I64u, sent was %I64u",ticket,magic,m_magic));
     }
   for(int i=0; i<HistoryOrdersTotal(); i++)
     {
      ulong ticket=HistoryOrderGetTicket(i);
      ulong magic=(ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC);
      if(magic!=m_magic)
         return(StringFormat("order %I64u bears %I64u, sent was %I64u",ticket,magic,m_magic));
     }
   return("");
  }

#endif
//+------------------------------------------------------------------+
