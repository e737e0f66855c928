//+------------------------------------------------------------------+
//| EarlyResults.mqh                                                 |
//| answers of the broker that nobody waits for (yet)                |
//+------------------------------------------------------------------+
#ifndef DTMS_EARLY_RESULTS_MQH
#define DTMS_EARLY_RESULTS_MQH

#include "Elapsed.mqh"
#include "Tag.mqh"
#include "TradeTask.mqh"

#define DTMS_EARLY_KEPT    32
#define DTMS_EARLY_LIFE_MS 2000
#define DTMS_ENDED_KEPT    256

//+------------------------------------------------------------------+
//| CEarlyResults: an answer may come before OrderSendAsync has told |
//| us the number of the request, or twice. The first kind is kept   |
//| for a moment, the second is known by the numbers that ended.     |
//+------------------------------------------------------------------+
class CEarlyResults
  {
private:
   MqlTradeRequest   m_requests[DTMS_EARLY_KEPT];
   MqlTradeResult    m_results[DTMS_EARLY_KEPT];
   ulong             m_at_ms[DTMS_EARLY_KEPT];
   bool              m_tagged[DTMS_EARLY_KEPT];
   bool              m_used[DTMS_EARLY_KEPT];
   uint              m_ended[DTMS_ENDED_KEPT];
   ulong             m_denied[DTMS_ENDED_KEPT];
   int               m_next;
   int               m_ended_next;

public:
                     CEarlyResults(void);
   void              Keep(const MqlTradeRequest &request,const MqlTradeResult &result,const bool tagged,const ulong now_ms);
   bool              Take(const CTradeTask &task,MqlTradeResult &result);
   bool              TakeStray(const ulong now_ms,MqlTradeResult &result);
   void              Ended(const uint request_id,const ulong denied_id=0);
   ulong             TakeDenied(const uint request_id,const MqlTradeRequest &request);
   bool              HasEnded(const uint request_id) const;
  };

CEarlyResults::CEarlyResults(void) : m_next(0),m_ended_next(0)
  {
   for(int i=0; i<DTMS_EARLY_KEPT; i++)
     {
      ZeroMemory(m_requests[i]);
      ZeroMemory(m_results[i]);
      m_at_ms[i]=0;
      m_tagged[i]=false;
      m_used[i]=false;
     }
   for(int i=0; i<DTMS_ENDED_KEPT; i++)
     {
      m_ended[i]=0;
      m_denied[i]=0;
     }
  }

//--- an answer to an unknown number; tagged: the request was ours by its magic number
void CEarlyResults::Keep(const MqlTradeRequest &request,const MqlTradeResult &result,const bool tagged,const ulong now_ms)
  {
   m_requests[m_next]=request;
   m_results[m_next]=result;
   m_at_ms[m_next]=now_ms;
   m_tagged[m_next]=tagged;
   m_used[m_next]=true;
   m_next=(m_next+1)%DTMS_EARLY_KEPT;
  }

//--- the answer to a request that has just become known; false: not here yet
bool CEarlyResults::Take(const CTradeTask &task,MqlTradeResult &result)
  {
   for(int i=0; i<DTMS_EARLY_KEPT; i++)
      if(m_used[i] && task.request_id!=0 && m_results[i].request_id==task.request_id && task.Asked(m_requests[i]))
        {
         m_used[i]=false;
         result=m_results[i];
         return(true);
        }
   return(false);
  }

//--- an answer to a request with our tag that stayed unknown; others time out in silence
bool CEarlyResults::TakeStray(const ulong now_ms,MqlTradeResult &result)
  {
   for(int i=0; i<DTMS_EARLY_KEPT; i++)
     {
      if(!m_used[i] || CElapsed::Ms(now_ms,m_at_ms[i])<DTMS_EARLY_LIFE_MS)
         continue;
      m_used[i]=false;
      if(!m_tagged[i])
         continue;
      result=m_results[i];
      return(true);
     }
   return(false);
  }

//--- nobody waits for this number any more; `denied_id`: the command that was said not to have been executed
void CEarlyResults::Ended(const uint request_id,const ulong denied_id)
  {
   if(request_id==0)
      return;
   m_ended[m_ended_next]=request_id;
   m_denied[m_ended_next]=denied_id;
   m_ended_next=(m_ended_next+1)%DTMS_ENDED_KEPT;
  }

//--- the command of a request that was said not to have been executed, once; 0: none. A change of levels has no tag.
ulong CEarlyResults::TakeDenied(const uint request_id,const MqlTradeRequest &request)
  {
   for(int i=0; i<DTMS_ENDED_KEPT; i++)
     {
      if(request_id==0 || m_ended[i]!=request_id || m_denied[i]==0)
         continue;
      ulong denied_id=m_denied[i];
      if(request.action!=TRADE_ACTION_SLTP && CTag::CommandOf(request.magic)!=denied_id)
         continue;
      m_denied[i]=0;
      return(denied_id);
     }
   return(0);
  }

bool CEarlyResults::HasEnded(const uint request_id) const
  {
   for(int i=0; i<DTMS_ENDED_KEPT; i++)
      if(request_id!=0 && m_ended[i]==request_id)
         return(true);
   return(false);
  }

#endif
//+------------------------------------------------------------------+
