//+------------------------------------------------------------------+
//| DealFeed.mqh                                                     |
//| the account's deals, each once                                   |
//+------------------------------------------------------------------+
#ifndef DTMS_DEAL_FEED_MQH
#define DTMS_DEAL_FEED_MQH

#include "Outbox.mqh"
#include "TicketIndex.mqh"

#define DTMS_DEALS_OVERLAP_S 60     // a deal may reach the terminal so much later than its time (R14)
#define DTMS_DEALS_AHEAD_S   86400  // the terminal's idea of the server's time may lag
#define DTMS_DEALS_REST_MS   1000   // the history is read at least this often
#define DTMS_DEALS_AN_EVENT  100    // told in one event at most (R03)
#define DTMS_DEALS_TEXT      512

//+------------------------------------------------------------------+
//| CDealFeed: reads the history from a minute before the newest     |
//| deal on, and tells those tickets that it has not told. After a   |
//| break that ends a session it goes back to where the link was     |
//| lost: the bridge knows deals by their ticket.                    |
//+------------------------------------------------------------------+
class CDealFeed
  {
private:
   COutbox          *m_pOutbox;
   CTicketIndex      m_told;
   ulong             m_recent[];       // told deals within the overlap, with their times
   long              m_recent_s[];
   long              m_newest_s;
   long              m_read_s;         // everything before, but for the overlap, has been told
   long              m_lost_s;         // where the link was lost; 0: it was not
   bool              m_woken;
   ulong             m_next_ms;

   static long       StartTime(void);
   void              Restart(const long from_s);
   void              ReadNew(void);
   void              Forget(const long before_s);
   bool              Remember(const ulong deal,const long at_s);
   void              Tell(const ulong deal,const long at_s);

public:
                     CDealFeed(void);
   void              Init(COutbox *p_outbox);
   void              Wake(void) { m_woken=true; }
   void              LinkLost(void);
   void              Accepted(const bool resume);
   void              Pump(const ulong now_ms);
  };

CDealFeed::CDealFeed(void) : m_pOutbox(NULL),m_newest_s(0),m_read_s(0),m_lost_s(0),m_woken(true),m_next_ms(0)
  {
  }

//--- begins anew, behind what was told before: a chart that changes its timeframe misses no deal
void CDealFeed::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   LinkLost();
   Restart(0);
   m_next_ms=0;
  }

void CDealFeed::Restart(const long from_s)
  {
   m_told.Clear();
   ArrayFree(m_recent);
   ArrayFree(m_recent_s);
   m_newest_s=from_s;
   m_read_s=from_s;
   m_woken=true;
  }

//--- what is told from here on may get lost with the session
void CDealFeed::LinkLost(void)
  {
   if(m_lost_s==0)
      m_lost_s=m_read_s;
  }

//--- a session that goes on has kept its deals; a fresh one gets them again
void CDealFeed::Accepted(const bool resume)
  {
   if(!resume)
      Restart(m_lost_s>0 ? m_lost_s : StartTime());
   m_lost_s=0;
  }

//--- where a first session begins: the terminal works out the server's time by the clock of its PC, which may be ahead
long CDealFeed::StartTime(void)
  {
   long quoted_s=(long)TimeCurrent();
   long reckoned_s=(long)TimeTradeServer();
   return(quoted_s>0 && quoted_s<reckoned_s ? quoted_s : reckoned_s);
  }

//--- reads when something happened, and once in a while
void CDealFeed::Pump(const ulong now_ms)
  {
   if(m_newest_s<=0 || (!m_woken && now_ms<m_next_ms))
      return;
   m_woken=false;
   m_next_ms=now_ms+DTMS_DEALS_REST_MS;
   ReadNew();
  }

void CDealFeed::ReadNew(void)
  {
   long from_s=m_read_s-DTMS_DEALS_OVERLAP_S;
   long to_s=MathMax((long)MathMax((long)TimeTradeServer(),(long)TimeCurrent()),m_newest_s)+DTMS_DEALS_AHEAD_S;
   if(!HistorySelect((datetime)from_s,(datetime)to_s))
     {
      m_woken=true;
      return;
     }
   int total=HistoryDealsTotal();
   int told=0;
   for(int i=0; i<total; i++)
     {
      ulong deal=HistoryDealGetTicket(i);
      if(deal==0 || m_told.Find(deal)>=0)
         continue;
      if(told>=DTMS_DEALS_AN_EVENT)
        {
         m_woken=true;
         return;
        }
      told++;
      long at_s=HistoryDealGetInteger(deal,DEAL_TIME);
      if(!Remember(deal,at_s))
         return;
      Tell(deal,at_s);
     }
   m_read_s=m_newest_s;
   Forget(m_read_s-DTMS_DEALS_OVERLAP_S);
  }

bool CDealFeed::Remember(const ulong deal,const long at_s)
  {
   int total=ArraySize(m_recent);
   if(ArrayResize(m_recent,total+1,256)<total+1 || ArrayResize(m_recent_s,total+1,256)<total+1 || !m_told.Put(deal,1))
      return(false);
   m_recent[total]=deal;
   m_recent_s[total]=at_s;
   if(at_s>m_newest_s)
      m_newest_s=at_s;
   return(true);
  }

//--- a deal that the next read cannot bring any more need not be remembered
void CDealFeed::Forget(const long before_s)
  {
   int total=ArraySize(m_recent);
   int kept=0;
   for(int i=0; i<total; i++)
     {
      if(m_recent_s[i]<before_s)
        {
         m_told.Remove(m_recent[i]);
         continue;
        }
      m_recent[kept]=m_recent[i];
      m_recent_s[kept]=m_recent_s[i];
      kept++;
     }
   if(kept<total && (ArrayResize(m_recent,kept)<kept || ArrayResize(m_recent_s,kept)<kept))
      m_woken=true;
  }

void CDealFeed::Tell(const ulong deal,const long at_s)
  {
   SDeal message;
   long at_ms=HistoryDealGetInteger(deal,DEAL_TIME_MSC);
   message.ts_event=(at_ms>0 ? at_ms : at_s*1000);
   message.deal=deal;
   message.order=(ulong)HistoryDealGetInteger(deal,DEAL_ORDER);
   message.position_id=(ulong)HistoryDealGetInteger(deal,DEAL_POSITION_ID);
   message.symbol=HistoryDealGetString(deal,DEAL_SYMBOL);
   message.deal_type=CCodes::DealType((ENUM_DEAL_TYPE)HistoryDealGetInteger(deal,DEAL_TYPE));
   message.entry=CCodes::DealEntry((ENUM_DEAL_ENTRY)HistoryDealGetInteger(deal,DEAL_ENTRY));
   message.reason=CCodes::DealReason((ENUM_DEAL_REASON)HistoryDealGetInteger(deal,DEAL_REASON));
   message.volume=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_VOLUME));
   message.price=CCodes::NotNegative(HistoryDealGetDouble(deal,DEAL_PRICE));
   message.profit=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_PROFIT));
   message.commission=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_COMMISSION));
   message.fee=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_FEE));
   message.swap=CCodes::Finite(HistoryDealGetDouble(deal,DEAL_SWAP));
   message.magic=(ulong)HistoryDealGetInteger(deal,DEAL_MAGIC);
   message.comment=CCodes::Clip(HistoryDealGetString(deal,DEAL_COMMENT),DTMS_DEALS_TEXT);
   if(!m_pOutbox.SendDeal(message) && m_lost_s==0)
      m_lost_s=m_read_s;
  }

#endif
//+------------------------------------------------------------------+
