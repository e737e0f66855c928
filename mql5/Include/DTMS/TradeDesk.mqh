//+------------------------------------------------------------------+
//| TradeDesk.mqh                                                    |
//| requests to the broker and their answers                         |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_DESK_MQH
#define DTMS_TRADE_DESK_MQH

#include "AnswerJudge.mqh"
#include "Attribution.mqh"
#include "Barriers.mqh"
#include "Caps.mqh"
#include "EarlyResults.mqh"
#include "Elapsed.mqh"
#include "FreshDeals.mqh"
#include "Outbox.mqh"
#include "TaskList.mqh"
#include "TradeChecks.mqh"
#include "TradeRecord.mqh"

#define DTMS_IN_FLIGHT     8    // requests with the broker at the same time (R18)
#define DTMS_WAITING       256  // commands that may wait

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
   CTradeRecord      m_record;
   CTradeChecks      m_checks;
   CEarlyResults     m_early;
   CFreshDeals       m_fresh;
   SBarriers         m_barriers;
   ulong             m_result_ms;
   ulong             m_catch_up_ms;

   void              Judge(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms);
   void              Book(CTradeTask *p_task,const ulong order,const ulong deal,const double lots,const double price,const ulong now_ms);
   void              Pause(CTradeTask *p_task,const bool next_quote,const ulong now_ms);
   void              Unclear(CTradeTask *p_task,const string detail,const ulong now_ms);
   void              Search(CTradeTask *p_task,const ulong connected_ms,const ulong now_ms);
   void              NotExecuted(CTradeTask *p_task,const ulong now_ms);
   bool              MayResume(const CTradeTask &task,const ulong now_ms);
   void              Resume(CTradeTask *p_task,const ulong now_ms);
   void              DoneAfterAll(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms);
   void              WatchStrays(const ulong now_ms);

public:
                     CTradeDesk(void);
   void              Init(COutbox *p_outbox,CCaps *p_caps,CAttribution *p_attribution);
   void              Timeouts(const ulong result_ms,const ulong catch_up_ms);
   void              SetBarriers(const SBarriers &barriers) { m_barriers=barriers; }
   bool              OpenLedger(CAccountFolder &folder,const ulong now_ms) { return(m_record.Open(m_tasks,folder,now_ms)); }
   bool              IsDoubtful(void) const { return(m_record.IsDamaged()); }
   CTradeRecord     *Record(void) { return(GetPointer(m_record)); }
   CTradeTask       *NewTask(const SCommand &command);
   CTradeTask       *TaskById(const ulong id) const { return(m_tasks.TaskById(id)); }
   int               Total(void) const { return(m_tasks.Total()); }
   int               Waiting(const bool reductions,ulong &ids[]) const { return(m_tasks.Waiting(reductions,ids)); }
   bool              Overfull(void) const { return(m_tasks.Total()>DTMS_WAITING); }
   bool              Full(void) const { return(!HasPlaces(1)); }
   bool              HasPlaces(const int count) const { return(m_tasks.InFlight()+count<=DTMS_IN_FLIGHT); }
   bool              OwesAnswer(void) const { return(m_tasks.Busy()>0); }
   bool              Held(const SCommand &command,const ulong now_ms);
   double            LotsOnTheWay(const ulong but_id) const { return(m_tasks.LotsBefore(but_id)); }
   void              Prepare(CTradeTask *p_task,SVerdict &verdict);
   void              Answer(CTradeTask *p_task,const SVerdict &verdict,const ulong now_ms);
   void              Send(CTradeTask *p_task,const ulong now_ms);
   void              Finish(CTradeTask *p_task,const int outcome,const int why,const string detail,const ulong now_ms);
   void              OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms);
   void              Pump(const ulong connected_ms,const ulong now_ms);
  };

CTradeDesk::CTradeDesk(void) : m_pOutbox(NULL),m_pCaps(NULL),m_pAttribution(NULL),m_result_ms(5000),m_catch_up_ms(10000)
  {
  }

void CTradeDesk::Init(COutbox *p_outbox,CCaps *p_caps,CAttribution *p_attribution)
  {
   m_pOutbox=p_outbox;
   m_pCaps=p_caps;
   m_pAttribution=p_attribution;
   m_record.Init(p_outbox);
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
   if(!m_record.Started(command.id))
      return(NULL);
   return(m_tasks.NewTask(command));
  }

//--- the request that the command asks for now, or its answer
void CTradeDesk::Prepare(CTradeTask *p_task,SVerdict &verdict)
  {
   SAttempt attempt;
   attempt.position_id=p_task.position_id;
   attempt.by_id=p_task.by_id;
   attempt.slack=p_task.fixes-p_task.fillings;
   attempt.fillings=p_task.fillings;
   attempt.booked=p_task.volume;
   m_checks.Prepare(p_task.command,attempt,p_task.request,verdict);
   p_task.sent_from=m_checks.Volume();
   p_task.sent_by=m_checks.OtherVolume();
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
   p_task.sent_ms=now_ms;
   p_task.quote_msc=SymbolInfoInteger(p_task.request.symbol,SYMBOL_TIME_MSC);
   p_task.search.Sending(p_task.request,p_task.position_id,p_task.volume,p_task.volume*p_task.Price());
   if(DTMS_HOLDS(DTMS_RULE_LEDGER_BEFORE_SEND) && !m_record.Note(p_task) && p_task.command.kind==DTMS_MSG_OPEN_POSITION)
     {
      Finish(p_task,DTMS_OUTCOME_DENIED,DTMS_WHY_LEDGER,"the ledger cannot be written, so nothing is opened",now_ms);
      return;
     }
//--- the checks and the disk took time
   if(p_task.Expired(GetTickCount64()))
     {
      Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_DEADLINE,"too late when it could leave",now_ms);
      return;
     }
   p_task.attempts++;
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
   if(!DTMS_HOLDS(DTMS_RULE_LEDGER_BEFORE_SEND))
      m_record.Note(p_task);
   m_record.Sent(p_task.command.id,result.request_id);
   MqlTradeResult early={};
   if(m_early.Take(p_task,early))
      Judge(p_task,early,now_ms);
  }

//--- an answer of the broker to some request: ours, an early or a second one, or another program's
void CTradeDesk::OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms)
  {
   CTradeTask *p_task=m_tasks.TaskByRequest(result.request_id,request);
   if(p_task==NULL)
     {
      if(m_early.HasEnded(result.request_id))
         DoneAfterAll(request,result,now_ms);
      else
         m_early.Keep(request,result,CTag::IsOurs(request.magic),now_ms);
      return;
     }
   Judge(p_task,result,now_ms);
  }

//--- an answer of the broker to the task's request
void CTradeDesk::Judge(CTradeTask *p_task,const MqlTradeResult &result,const ulong now_ms)
  {
   SStep step;
   if(p_task.state==TASK_SEARCHING)
      CAnswerJudge::Late(p_task,result,step);
   else
      CAnswerJudge::InTime(p_task,result,step);
   if(step.kind==STEP_NONE)
      return;
   if(result.retcode==TRADE_RETCODE_POSITION_CLOSED && (CTradeChecks::Renamed(p_task.command.ticket,p_task.position_id)
                                                         || CTradeChecks::Renamed(p_task.command.by_ticket,p_task.by_id)))
      step.Finish(DTMS_OUTCOME_STALE_VIEW,DTMS_WHY_NONE,"the position got another ticket meanwhile");
   p_task.retcode=result.retcode;
   m_early.Ended(p_task.request_id);
   if(step.dealt)
      Book(p_task,result.order,result.deal,step.lots,step.price,now_ms);
   switch(step.kind)
     {
      case STEP_PAUSE:
         Pause(p_task,step.next_quote,now_ms);
         break;
      case STEP_SEARCH:
         Unclear(p_task,step.detail,now_ms);
         break;
      default:
         Finish(p_task,step.outcome,step.why,step.detail,now_ms);
     }
  }

//--- a deal was made; what it opened or closed counts before the terminal lists it
void CTradeDesk::Book(CTradeTask *p_task,const ulong order,const ulong deal,const double lots,const double price,const ulong now_ms)
  {
   p_task.Book(order,deal,lots,price);
   if(lots<=0.0)
      return;
   if(p_task.command.kind==DTMS_MSG_OPEN_POSITION)
      m_pCaps.Opened(p_task.request.magic,lots,now_ms);
   else
     {
      m_fresh.Made(p_task.command.ticket,deal,p_task.sent_from-lots,now_ms);
      m_fresh.Made(p_task.command.by_ticket,deal,p_task.sent_by-lots,now_ms);
     }
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
   if(!DTMS_HOLDS(DTMS_RULE_UNKNOWN_RECONCILE))
     {
      Pause(p_task,false,now_ms);
      return;
     }
   p_task.state=TASK_SEARCHING;
   p_task.search.Begin(now_ms);
   if(p_task.unknown_told)
      return;
   p_task.unknown_told=true;
   m_record.Report(p_task,DTMS_OUTCOME_UNKNOWN,DTMS_WHY_NONE,detail,now_ms);
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
   if(!p_task.is_old)
      m_early.Ended(p_task.request_id,found==SEARCH_NOT_EXECUTED ? p_task.command.id : 0);
   Book(p_task,p_task.search.order,p_task.search.deal,p_task.search.volume,p_task.search.price,now_ms);
   if(found==SEARCH_DONE && !p_task.again)
      Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_NONE,"found after silence",now_ms);
   else
      if(found==SEARCH_NOT_EXECUTED)
         NotExecuted(p_task,now_ms);
      else
         Finish(p_task,DTMS_OUTCOME_PARTIAL,DTMS_WHY_NONE,"found in part after silence",now_ms);
  }

//--- looked for, and not there. It is not tried again: the search takes longer than what is left to any command, and one of an
//--- earlier life holds for that life's session only (R21).
void CTradeDesk::NotExecuted(CTradeTask *p_task,const ulong now_ms)
  {
   if(DTMS_HOLDS(DTMS_RULE_DEADLINE_ON_RECOVERY))
     {
      Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_NOT_EXECUTED,"searched for and not found",now_ms);
      return;
     }
   p_task.command.deadline_ms=now_ms+p_task.command.deadline_ms;
   p_task.command.side=(p_task.request.type==ORDER_TYPE_SELL ? DTMS_SIDE_SELL : DTMS_SIDE_BUY);
   p_task.command.has_stop=(p_task.request.sl>0.0);
   p_task.command.stop=p_task.request.sl;
   Pause(p_task,false,now_ms);
  }

//--- whether another command comes first, or the terminal has not caught up with one that has ended. Where a symbol has
//--- one position, a deal of it under another ticket would meet this one.
bool CTradeDesk::Held(const SCommand &command,const ulong now_ms)
  {
   if(m_tasks.Held(command))
      return(true);
   if(!CCommands::Reduces(command))
      return(false);
   if(CVolumeChecks::OneASymbol() && PositionSelectByTicket(command.ticket)
      && m_tasks.DealUnderWay(PositionGetString(POSITION_SYMBOL),command.id))
      return(true);
   bool shown=m_fresh.Shown(command.ticket,now_ms);
   return(!m_fresh.Shown(command.by_ticket,now_ms) || !shown);
  }

//--- whether the next request may leave now
bool CTradeDesk::MayResume(const CTradeTask &task,const ulong now_ms)
  {
   if(task.next_quote && SymbolInfoInteger(task.request.symbol,SYMBOL_TIME_MSC)==task.quote_msc)
      return(false);
   return(!Full() && !Held(task.command,now_ms));
  }

//--- checks everything again and sends, or answers
void CTradeDesk::Resume(CTradeTask *p_task,const ulong now_ms)
  {
   if(p_task.Expired(now_ms))
     {
      Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_DEADLINE,"too late for another request",now_ms);
      return;
     }
   int barrier=m_barriers.Of(p_task.command);
   if(barrier!=DTMS_WHY_NONE)
     {
      Finish(p_task,DTMS_OUTCOME_DENIED,barrier,"not allowed any more when a fresh price was there",now_ms);
      return;
     }
   if(!MayResume(p_task,now_ms))
      return;
   int why=m_pCaps.Check(p_task.command,m_tasks.LotsBefore(p_task.command.id),now_ms);
   if(why!=DTMS_WHY_NONE)
     {
      Finish(p_task,DTMS_OUTCOME_DENIED,why,"the inputs do not allow another request",now_ms);
      return;
     }
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
   m_record.Report(p_task,p_task.volume>0.0 && outcome!=DTMS_OUTCOME_DONE ? DTMS_OUTCOME_PARTIAL : outcome,why,detail,now_ms);
   m_tasks.Remove(p_task);
  }

//--- the broker has done, very late, what was said not to have been executed
void CTradeDesk::DoneAfterAll(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms)
  {
   ENUM_RETCODE_CLASS kind=CRetcodes::Class(result.retcode,false);
   bool executed=(kind==RETCODE_DONE || kind==RETCODE_PARTIAL);
   ulong denied_id=(executed ? m_early.TakeDenied(result.request_id,request) : 0);
   if(denied_id==0)
      return;
   if(request.action==TRADE_ACTION_DEAL && request.position==0)
      m_pCaps.Opened(request.magic,result.volume,now_ms);
   m_pOutbox.Notice(DTMS_NOTICE_CODE_STRAY_REPORT,request.symbol,(long)result.retcode,"command "+IntegerToString((long)denied_id)+" was executed after it was reported as not executed");
  }

//--- an answer to a request with our tag that belongs to no command here: another program uses our tag, or an earlier life
void CTradeDesk::WatchStrays(const ulong now_ms)
  {
   MqlTradeResult stray={};
   if(m_early.TakeStray(now_ms,stray) && m_barriers.bridge!=DTMS_WHY_NOT_MANAGER)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_STRAY_REPORT,"",(long)stray.retcode,
                       "an answer of the broker belongs to no request of this Expert Advisor, order "+IntegerToString((long)stray.order));
  }

#endif
//+------------------------------------------------------------------+
