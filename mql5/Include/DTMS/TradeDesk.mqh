//+------------------------------------------------------------------+
//| TradeDesk.mqh                                                    |
//| requests to the broker and their answers                         |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_DESK_MQH
#define DTMS_TRADE_DESK_MQH

#include "Elapsed.mqh"
#include "Attribution.mqh"
#include "Caps.mqh"
#include "EarlyResults.mqh"
#include "Ledger.mqh"
#include "Outbox.mqh"
#include "Retcodes.mqh"
#include "TaskList.mqh"
#include "TradeChecks.mqh"

#define DTMS_IN_FLIGHT     8    // requests with the broker at the same time (R18)
#define DTMS_WAITING       256  // commands that may wait
#define DTMS_REPRICES      3    // the same request with a fresh price (R22)
#define DTMS_FIXES         1    // a request that was put right
#define DTMS_DETAIL_LIMIT  512

//+------------------------------------------------------------------+
//| CTradeDesk: sends requests without waiting, matches answers by   |
//| the number of the request, judges return codes, searches after   |
//| silence, and reports each command once for good (R18, R19, R22). |
//+------------------------------------------------------------------+
class CTradeDesk
  {
private:
   COutbox          *m_pOutbox;
   CCaps            *m_pCaps;
   CAttribution     *m_pAttribution;
   CTaskList         m_tasks;
   CLedger           m_ledger;
   CTradeChecks      m_checks;
   CEarlyResults     m_early;
   int               m_barrier;
   ulong             m_result_ms;
   ulong             m_catch_up_ms;

   void              Judge(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms);
   void              JudgeLate(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms);
   void              OnDone(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms);
   void              Pause(CTradeTask *p_task,const bool next_quote,const ulong now_ms);
   void              Unclear(CTradeTask *p_task,const string detail,const ulong now_ms);
   void              Search(CTradeTask *p_task,const ulong connected_ms,const ulong now_ms);
   void              Resume(CTradeTask *p_task,const ulong now_ms);
   void              Report(CTradeTask *p_task,const int outcome,const int why,const string detail,const ulong now_ms);
   void              WatchStrays(const ulong now_ms);

public:
                     CTradeDesk(void);
   void              Init(COutbox *p_outbox,CCaps *p_caps,CAttribution *p_attribution);
   void              Timeouts(const ulong result_ms,const ulong catch_up_ms);
   void              Barrier(const int why) { m_barrier=why; }
   bool              Knows(const ulong id) const { return(m_ledger.State(id)!=DTMS_LEDGER_UNKNOWN_ID); }
   bool              ReportOf(const ulong id,SExecutionReport &report) const { return(m_ledger.ReportOf(id,report)); }
   CTradeTask       *NewTask(const SCommand &command);
   CTradeTask       *TaskById(const ulong id) const { return(m_tasks.TaskById(id)); }
   int               Total(void) const { return(m_tasks.Total()); }
   int               Waiting(const bool reductions,ulong &ids[]) const { return(m_tasks.Waiting(reductions,ids)); }
   bool              Overfull(void) const { return(m_tasks.Total()>DTMS_WAITING); }
   bool              Full(void) const { return(m_tasks.Busy()>=DTMS_IN_FLIGHT); }
   bool              Held(const SCommand &command) const { return(m_tasks.Held(command)); }
   double            LotsOnTheWay(const ulong but_id) const { return(m_tasks.LotsBefore(but_id)); }
   void              Prepare(CTradeTask *p_task,SVerdict &verdict);
   void              Answer(CTradeTask *p_task,const SVerdict &verdict,const ulong now_ms);
   void              Send(CTradeTask *p_task,const ulong now_ms);
   void              Finish(CTradeTask *p_task,const int outcome,const int why,const string detail,const ulong now_ms);
   void              OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms);
   void              Pump(const ulong connected_ms,const ulong now_ms);
  };

CTradeDesk::CTradeDesk(void) : m_pOutbox(NULL),m_pCaps(NULL),m_pAttribution(NULL),m_barrier(DTMS_WHY_NONE),m_result_ms(5000),m_catch_up_ms(10000)
  {
  }

void CTradeDesk::Init(COutbox *p_outbox,CCaps *p_caps,CAttribution *p_attribution)
  {
   m_pOutbox=p_outbox;
   m_pCaps=p_caps;
   m_pAttribution=p_attribution;
  }

//--- how long an answer may take, and how long the history is given to catch up
void CTradeDesk::Timeouts(const ulong result_ms,const ulong catch_up_ms)
  {
   m_result_ms=result_ms;
   m_catch_up_ms=catch_up_ms;
  }

//--- takes a command on; NULL: no memory, it is as if it had not arrived
CTradeTask *CTradeDesk::NewTask(const SCommand &command)
  {
   if(!m_ledger.Started(command.id))
      return(NULL);
   return(m_tasks.NewTask(command));
  }

//--- the request that the command asks for now, or its answer
void CTradeDesk::Prepare(CTradeTask *p_task,SVerdict &verdict)
  {
   m_checks.Prepare(p_task.command,p_task.fixes,p_task.request,verdict);
   p_task.again=verdict.again;
   if(m_checks.PositionId()!=0)
      p_task.position_id=m_checks.PositionId();
   p_task.remark=verdict.detail;
  }

//--- ends the command with what the checks say
void CTradeDesk::Answer(CTradeTask *p_task,const SVerdict &verdict,const ulong now_ms)
  {
   if(verdict.retcode!=0)
      p_task.retcode=verdict.retcode;
   Finish(p_task,verdict.outcome,verdict.why,verdict.detail,now_ms);
  }

//--- sends the prepared request. The ledger knows the command before the request can leave (R18).
void CTradeDesk::Send(CTradeTask *p_task,const ulong now_ms)
  {
   p_task.state=TASK_IN_FLIGHT;
   p_task.request_id=0;
   p_task.attempts++;
   p_task.sent_ms=now_ms;
   p_task.quote_msc=SymbolInfoInteger(p_task.request.symbol,SYMBOL_TIME_MSC);
   p_task.search.Sending(p_task.request);
   m_pCaps.Requested(now_ms);
   if(p_task.request.action==TRADE_ACTION_SLTP)
      m_pAttribution.Asked(p_task.command.id,p_task.command.ticket,p_task.request.sl,p_task.request.tp,now_ms);
   MqlTradeResult result={};
   ResetLastError();
   if(!OrderSendAsync(p_task.request,result))
     {
      p_task.retcode=result.retcode;
      Finish(p_task,DTMS_OUTCOME_RETRYABLE,DTMS_WHY_SEND_FAILED,"the terminal did not take the request, error "+IntegerToString(GetLastError()),now_ms);
      return;
     }
   p_task.request_id=result.request_id;
   m_ledger.Sent(p_task.command.id,result.request_id);
   MqlTradeResult early={};
   if(result.request_id!=0 && m_early.Take(result.request_id,early))
      Judge(p_task,early,now_ms);
  }

//--- an answer of the broker to some request: ours, an early or a second one, or another program's
void CTradeDesk::OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms)
  {
   CTradeTask *p_task=m_tasks.TaskByRequest(result.request_id);
   if(p_task==NULL)
     {
      if(!m_early.HasEnded(result.request_id))
         m_early.Keep(result,CTag::IsOurs(request.magic),now_ms);
      return;
     }
   if(p_task.state==TASK_SEARCHING)
      JudgeLate(p_task,result,now_ms);
   else
      Judge(p_task,result,now_ms);
  }

//--- an answer in time
void CTradeDesk::Judge(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms)
  {
   string comment=result.comment;
   p_task.retcode=result.retcode;
   m_early.Ended(p_task.request_id);
   switch(CRetcodes::Class(result.retcode,CCommands::Reduces(p_task.command)))
     {
      case RETCODE_DONE:
         OnDone(p_task,result,now_ms);
         break;
      case RETCODE_PARTIAL:
         p_task.Book(result.order,result.deal,result.volume,result.price);
         Finish(p_task,DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,comment,now_ms);
         break;
      case RETCODE_WAS_SO:
         Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,comment,now_ms);
         break;
      case RETCODE_REPRICE:
      case RETCODE_NEXT_QUOTE:
         p_task.reprices++;
         if(p_task.reprices>DTMS_REPRICES)
            Finish(p_task,DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NONE,"no price was good for long enough",now_ms);
         else
            Pause(p_task,CRetcodes::Class(result.retcode,false)==RETCODE_NEXT_QUOTE,now_ms);
         break;
      case RETCODE_UNCLEAR:
         Unclear(p_task,comment,now_ms);
         break;
      case RETCODE_LATER:
         Finish(p_task,DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NONE,comment,now_ms);
         break;
      case RETCODE_FIX:
         p_task.fixes++;
         if(p_task.fixes>DTMS_FIXES)
            Finish(p_task,DTMS_OUTCOME_REJECTED,DTMS_WHY_NONE,comment,now_ms);
         else
            Pause(p_task,false,now_ms);
         break;
      default:
         Finish(p_task,DTMS_OUTCOME_REJECTED,DTMS_WHY_NONE,comment,now_ms);
     }
  }

//--- an answer after UNKNOWN was reported: whatever was not executed has expired
void CTradeDesk::JudgeLate(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms)
  {
   ENUM_RETCODE_CLASS kind=CRetcodes::Class(result.retcode,CCommands::Reduces(p_task.command));
   if(kind==RETCODE_UNCLEAR)
      return;
   p_task.retcode=result.retcode;
   m_early.Ended(p_task.request_id);
   if(kind==RETCODE_DONE || kind==RETCODE_PARTIAL)
      p_task.Book(result.order,result.deal,result.volume,result.price);
   if(kind==RETCODE_DONE && !p_task.again)
      Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_NONE,"answered late",now_ms);
   else
      if(kind==RETCODE_DONE || kind==RETCODE_PARTIAL)
         Finish(p_task,DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,"answered late",now_ms);
      else
         if(kind==RETCODE_WAS_SO)
            Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"answered late",now_ms);
         else
            Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_NOT_EXECUTED,"answered late: "+result.comment,now_ms);
  }

//--- the broker has done it; a volume beyond what one request may have goes on with the rest
void CTradeDesk::OnDone(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms)
  {
   p_task.Book(result.order,result.deal,result.volume,result.price);
   if(p_task.command.kind==DTMS_MSG_OPEN_POSITION)
      m_pCaps.Opened(p_task.request.magic,p_task.request.volume,now_ms);
   if(!p_task.again)
     {
      Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_NONE,p_task.remark,now_ms);
      return;
     }
   p_task.reprices=0;
   p_task.fixes=0;
   Pause(p_task,false,now_ms);
  }

//--- the same request again, at the next opportunity or with the next quote
void CTradeDesk::Pause(CTradeTask *p_task,const bool next_quote,const ulong now_ms)
  {
   p_task.state=TASK_PAUSED;
   p_task.next_quote=next_quote;
   p_task.paused_ms=now_ms;
  }

//--- nobody knows: said once, then searched for
void CTradeDesk::Unclear(CTradeTask *p_task,const string detail,const ulong now_ms)
  {
   p_task.state=TASK_SEARCHING;
   p_task.search.Begin(now_ms);
   if(p_task.unknown_told)
      return;
   p_task.unknown_told=true;
   Report(p_task,DTMS_OUTCOME_UNKNOWN,DTMS_WHY_NONE,detail,now_ms);
  }

//--- whatever is due
void CTradeDesk::Pump(const ulong connected_ms,const ulong now_ms)
  {
//--- from the end, for a task that ends leaves the list
   for(int i=m_tasks.Total()-1; i>=0; i--)
     {
      CTradeTask *p_task=m_tasks.TaskAt(i);
      if(p_task.state==TASK_IN_FLIGHT && CElapsed::Ms(now_ms,p_task.sent_ms)>=m_result_ms)
         Unclear(p_task,"no answer of the broker in "+IntegerToString((long)m_result_ms)+" ms",now_ms);
      if(p_task.state==TASK_SEARCHING)
         Search(p_task,connected_ms,now_ms);
      else
         if(p_task.state==TASK_PAUSED)
            Resume(p_task,now_ms);
     }
   WatchStrays(now_ms);
  }

void CTradeDesk::Search(CTradeTask *p_task,const ulong connected_ms,const ulong now_ms)
  {
   ENUM_SEARCH_RESULT found=p_task.search.Look(connected_ms,m_catch_up_ms,now_ms);
   if(found==SEARCH_GOES_ON)
      return;
   m_early.Ended(p_task.request_id);
   p_task.Book(p_task.search.order,p_task.search.deal,p_task.search.volume,p_task.search.price);
   if(found==SEARCH_DONE && !p_task.again)
      Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_NONE,"found after silence",now_ms);
   else
      if(found==SEARCH_NOT_EXECUTED)
         Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_NOT_EXECUTED,"searched for and not found",now_ms);
      else
         Finish(p_task,DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,"found in part after silence",now_ms);
  }

//--- checks everything again and sends, or answers
void CTradeDesk::Resume(CTradeTask *p_task,const ulong now_ms)
  {
   if(p_task.Expired(now_ms))
     {
      Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_DEADLINE,"too late for another request",now_ms);
      return;
     }
   if(m_barrier!=DTMS_WHY_NONE)
     {
      Finish(p_task,DTMS_OUTCOME_DENIED,m_barrier,"not allowed any more when a fresh price was there",now_ms);
      return;
     }
   if(p_task.next_quote && SymbolInfoInteger(p_task.request.symbol,SYMBOL_TIME_MSC)==p_task.quote_msc)
      return;
   SVerdict verdict;
   Prepare(p_task,verdict);
   if(verdict.act)
      Send(p_task,now_ms);
   else
      Answer(p_task,verdict,now_ms);
  }

//--- the last word on a command. What was executed in part before something else happened is PARTIAL.
void CTradeDesk::Finish(CTradeTask *p_task,const int outcome,const int why,const string detail,const ulong now_ms)
  {
   bool in_part=(p_task.volume>0.0 && outcome!=DTMS_OUTCOME_DONE);
   Report(p_task,in_part ? DTMS_OUTCOME_PARTIAL : outcome,why,detail,now_ms);
   m_tasks.Remove(p_task);
  }

void CTradeDesk::Report(CTradeTask *p_task,const int outcome,const int why,const string detail,const ulong now_ms)
  {
   SExecutionReport report;
   report.ts_event=CServerClock::ServerMs();
   report.command_id=p_task.command.id;
   report.outcome=outcome;
   report.retcode=p_task.retcode;
   report.why=why;
   report.position_id=p_task.position_id;
   report.order=p_task.order;
   report.deal=p_task.deal;
   report.volume=CCodes::NotNegative(p_task.volume);
   report.price=CCodes::NotNegative(p_task.Price());
   report.attempts=(uint)p_task.attempts;
   report.elapsed_ms=(uint)CElapsed::Ms(now_ms,p_task.command.arrived_ms);
   report.detail=CCodes::Clip(detail,DTMS_DETAIL_LIMIT);
//--- a position that was opened has the ticket of its order
   if(!CTradeChecks::Describe(p_task.command.ticket!=0 ? p_task.command.ticket : p_task.order,report) && p_task.command.ticket==0)
      report.ticket=0;
   m_ledger.Answered(p_task.command.id,report);
   m_pOutbox.SendReport(report);
  }

//--- an answer to a request with our tag that belongs to no command here: another program uses our tag, or an earlier life
void CTradeDesk::WatchStrays(const ulong now_ms)
  {
   MqlTradeResult stray={};
   if(m_early.TakeStray(now_ms,stray))
      m_pOutbox.Notice(DTMS_NOTICE_CODE_STRAY_REPORT,"",(long)stray.retcode,
                       "an answer of the broker belongs to no request of this Expert Advisor, order "+IntegerToString((long)stray.order));
  }

#endif
//+------------------------------------------------------------------+
