//+------------------------------------------------------------------+
//| TradeGateway.mqh                                                 |
//| commands, from their arrival to their report                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_GATEWAY_MQH
#define DTMS_TRADE_GATEWAY_MQH

#include "Caps.mqh"
#include "Ledger.mqh"
#include "PositionTracker.mqh"
#include "TradeDesk.mqh"

//+------------------------------------------------------------------+
//| CTradeGateway: admits commands in the order of PROTOCOL.md part  |
//| 6 and sends them on in turn: one request a ticket, eight in      |
//| flight, reductions first.                                        |
//+------------------------------------------------------------------+
class CTradeGateway
  {
private:
   COutbox          *m_pOutbox;
   CPositionTracker *m_pTracker;
   CCaps            *m_pCaps;
   CTradeDesk        m_desk;
   bool              m_manager;
   bool              m_hands_off_chart;   // each side's stays until that side takes it back
   bool              m_hands_off_bridge;
   bool              m_alarm;             // too many bad frames: nothing is opened (R26)
   string            m_last_words;

   int               Barrier(void) const;
   int               Forbidden(const SCommand &command,const ulong now_ms);
   string            ForbiddenWords(const int why) const;
   bool              AnswerKnown(const SCommand &command);
   void              AnswerStale(const SCommand &command);
   bool              CheckNow(CTradeTask *p_task,const ulong now_ms);
   bool              Settling(const SCommand &command) const;
   void              Dispatch(const bool reductions,const ulong now_ms);
   void              Start(CTradeTask *p_task,const ulong now_ms);

public:
                     CTradeGateway(void);
   void              Init(COutbox *p_outbox,CPositionTracker *p_tracker,CCaps *p_caps,CAttribution *p_attribution);
   void              Timeouts(const ulong result_ms,const ulong catch_up_ms) { m_desk.Timeouts(result_ms,catch_up_ms); }
   void              Manager(const bool manager) { m_manager=manager; }
   void              HandsOffByChart(const bool on) { m_hands_off_chart=on; }
   void              HandsOffByBridge(const bool on) { m_hands_off_bridge=on; }
   bool              IsHandsOffByChart(void) const { return(m_hands_off_chart); }
   bool              IsHandsOff(void) const { return(m_hands_off_chart || m_hands_off_bridge); }
   void              Alarm(const bool on) { m_alarm=on; }
   void              OnCommand(SCommand &command,const bool stale_epoch,const ulong now_ms);
   void              OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms);
   void              Pump(const ulong now_ms);
   string            LastWords(void) const { return(m_last_words); }
   int               Pending(void) const { return(m_desk.Total()); }
   bool              OwesAnswer(void) const { return(m_desk.OwesAnswer()); }
  };

CTradeGateway::CTradeGateway(void) : m_pOutbox(NULL),m_pTracker(NULL),m_pCaps(NULL),m_manager(false),m_hands_off_chart(false),
   m_hands_off_bridge(false),m_alarm(false),m_last_words("none")
  {
  }

//--- what is under way, and what was answered, stays: a chart that changes its timeframe is the same life
void CTradeGateway::Init(COutbox *p_outbox,CPositionTracker *p_tracker,CCaps *p_caps,CAttribution *p_attribution)
  {
   m_pOutbox=p_outbox;
   m_pTracker=p_tracker;
   m_pCaps=p_caps;
   m_manager=false;
   m_desk.Init(p_outbox,p_caps,p_attribution);
  }

//--- a command has arrived: known, epoch, deadline, role and hands off, caps; then what looks at the account
void CTradeGateway::OnCommand(SCommand &command,const bool stale_epoch,const ulong now_ms)
  {
   command.arrived_ms=now_ms;
   if(AnswerKnown(command))
      return;
   if(stale_epoch)
     {
      AnswerStale(command);
      return;
     }
   CTradeTask *p_task=m_desk.NewTask(command);
   if(p_task==NULL)
      return;
   p_task.position_id=m_pTracker.IdOf(command.ticket);
   p_task.by_id=m_pTracker.IdOf(command.by_ticket);
   m_last_words=CCommands::Words(command);
   if(p_task.Expired(now_ms))
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_DEADLINE,"too late on arrival",now_ms);
      return;
     }
   int why=Forbidden(command,now_ms);
   if(why!=DTMS_WHY_NONE)
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_DENIED,why,ForbiddenWords(why),now_ms);
      return;
     }
   if(m_desk.Overfull())
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_RETRYABLE,DTMS_WHY_TICKET_BUSY,"too many commands are waiting",now_ms);
      return;
     }
//--- what can be answered without the broker is answered now; a ticket under way is looked at when its turn comes
   if(!m_desk.Held(command,now_ms) && !Settling(command) && !CheckNow(p_task,now_ms))
      return;
   Pump(now_ms);
  }

//--- a command that was here before: its report again, or nothing while it is under way
bool CTradeGateway::AnswerKnown(const SCommand &command)
  {
   SExecutionReport report;
   if(!m_desk.Knows(command.id))
      return(false);
   if(m_desk.ReportOf(command.id,report))
      m_pOutbox.SendReport(report);
   return(true);
  }

//--- a master that was replaced. Not kept: the master that replaced it may send the command again under its own epoch.
void CTradeGateway::AnswerStale(const SCommand &command)
  {
   SExecutionReport report;
   report.ts_event=CServerClock::ServerMs();
   report.command_id=command.id;
   report.outcome=DTMS_OUTCOME_STALE_EPOCH;
   report.ticket=command.ticket;
   report.detail="a higher epoch commands this account";
   m_pOutbox.SendReport(report);
  }

//--- the Why that keeps any command from being executed
int CTradeGateway::Barrier(void) const
  {
   if(!m_manager)
      return(DTMS_WHY_NOT_MANAGER);
   return(IsHandsOff() ? DTMS_WHY_HANDS_OFF : DTMS_WHY_NONE);
  }

//--- the Why that keeps this command from being executed at all
int CTradeGateway::Forbidden(const SCommand &command,const ulong now_ms)
  {
   int barrier=Barrier();
   if(barrier!=DTMS_WHY_NONE)
      return(barrier);
   if(m_alarm && command.kind==DTMS_MSG_OPEN_POSITION)
      return(DTMS_WHY_HANDS_OFF);
   int why=m_pCaps.Check(command,m_desk.LotsOnTheWay(command.id),now_ms);
   if(why!=DTMS_WHY_NONE)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_CAP_REACHED,command.symbol,why,ForbiddenWords(why));
   return(why);
  }

string CTradeGateway::ForbiddenWords(const int why) const
  {
   switch(why)
     {
      case DTMS_WHY_NOT_MANAGER:
         return("this Expert Advisor is not the manager of the account");
      case DTMS_WHY_HANDS_OFF:
         return(IsHandsOff() ? "hands off is on" : "three bad frames within a minute: nothing is opened until the user confirms, on the chart or with OK in the inputs");
      case DTMS_WHY_CAP_LOTS:
         return("the input MaxOpenLots does not allow it");
      case DTMS_WHY_CAP_ORDERS:
         return("the input MaxOrdersPerMinute does not allow it");
      case DTMS_WHY_CAP_OPERATION:
         return("the inputs AllowModify and AllowReduce do not allow it");
      case DTMS_WHY_CAP_SYMBOL:
         return("the input AllowedSymbols does not allow it");
      default:
         return("");
     }
  }

//--- answers the command if no request is needed or possible; true: a request is
bool CTradeGateway::CheckNow(CTradeTask *p_task,const ulong now_ms)
  {
   SVerdict verdict;
   m_desk.Prepare(p_task,verdict);
   if(verdict.act)
      return(true);
   m_desk.Answer(p_task,verdict,now_ms);
   return(false);
  }

//--- a position that is in no list at this instant, but is not known to be closed: the broker may be working on it
bool CTradeGateway::Settling(const SCommand &command) const
  {
   if(command.ticket==0 || !CPermissions::Connected())
      return(false);
   if(!CTradeChecks::Exists(command.ticket) && m_pTracker.Holds(command.ticket))
      return(true);
   return(command.by_ticket!=0 && !CTradeChecks::Exists(command.by_ticket) && m_pTracker.Holds(command.by_ticket));
  }

//--- an answer of the broker
void CTradeGateway::OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms)
  {
   m_desk.OnResult(request,result,now_ms);
   m_pTracker.Wake(0);
  }

//--- whatever is due: answers that did not come, searches, fresh prices, the queue
void CTradeGateway::Pump(const ulong now_ms)
  {
   m_desk.Barrier(Barrier(),m_alarm ? DTMS_WHY_HANDS_OFF : DTMS_WHY_NONE);
   m_desk.Pump(m_pTracker.ConnectedMs(now_ms),now_ms);
   Dispatch(true,now_ms);
   Dispatch(false,now_ms);
  }

//--- starts what waits, in the order of arrival
void CTradeGateway::Dispatch(const bool reductions,const ulong now_ms)
  {
   ulong waiting[];
   int total=m_desk.Waiting(reductions,waiting);
   for(int i=0; i<total; i++)
     {
      CTradeTask *p_task=m_desk.TaskById(waiting[i]);
      if(p_task!=NULL)
         Start(p_task,now_ms);
     }
  }

//--- one waiting command: answered, sent, or left waiting
void CTradeGateway::Start(CTradeTask *p_task,const ulong now_ms)
  {
   if(p_task.Expired(now_ms))
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_EXPIRED,DTMS_WHY_DEADLINE,"too late after waiting",now_ms);
      return;
     }
   int why=Barrier();
   if(why==DTMS_WHY_NONE)
     {
      if(m_desk.Full() || m_desk.Held(p_task.command,now_ms) || Settling(p_task.command))
         return;
//--- the caps look at every position, so they are asked only when the request could leave
      why=Forbidden(p_task.command,now_ms);
     }
   if(why!=DTMS_WHY_NONE)
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_DENIED,why,ForbiddenWords(why),now_ms);
      return;
     }
   if(CheckNow(p_task,now_ms))
      m_desk.Send(p_task,now_ms);
  }

#endif
//+------------------------------------------------------------------+
