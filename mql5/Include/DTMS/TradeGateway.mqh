//+------------------------------------------------------------------+
//| TradeGateway.mqh                                                 |
//| commands, from their arrival to their report                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_GATEWAY_MQH
#define DTMS_TRADE_GATEWAY_MQH

#include "AccountFolder.mqh"
#include "Caps.mqh"
#include "Ledger.mqh"
#include "PositionTracker.mqh"
#include "TagHistory.mqh"
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
   CBarriers         m_barriers;
   ulong             m_catch_up_ms;
   bool              m_caught_up;         // the history is complete, so that it shows what a damaged ledger has forgotten
   string            m_last_words;
   string            m_complaint;         // about the ledger, to be told

   bool              DoneBefore(CTradeTask *p_task,const ulong now_ms);
   int               Forbidden(const SCommand &command,const ulong now_ms);
   bool              AnswerKnown(const SCommand &command);
   void              AnswerStale(const SCommand &command);
   bool              CheckNow(CTradeTask *p_task,const ulong now_ms);
   bool              Settling(const SCommand &command) const;
   void              Dispatch(const bool reductions,const ulong now_ms);
   void              Start(CTradeTask *p_task,const ulong now_ms);

public:
                     CTradeGateway(void);
   void              Init(COutbox *p_outbox,CPositionTracker *p_tracker,CCaps *p_caps,CAttribution *p_attribution);
   void              Timeouts(const ulong result_ms,const ulong catch_up_ms);
   void              OpenRecords(CAccountFolder &folder,const ulong now_ms);
   void              CloseRecords(void);
   void              TellUntold(void);
   CBarriers        *Barriers(void) { return(GetPointer(m_barriers)); }
   uint              LedgerEpoch(void) { return(m_desk.Record().HighestEpoch()); }
   bool              IsHandsOff(void) const { return(m_barriers.IsHandsOff()); }
   bool              Act(const SCommand &command,const ulong now_ms);
   bool              Knows(const ulong id) { return(m_desk.Record().Knows(id)); }
   bool              IsUnderWay(const ulong id) const { return(m_desk.TaskById(id)!=NULL); }
   bool              HasPlaces(const int count) const { return(m_desk.HasPlaces(count)); }
   bool              IsBusy(const SCommand &command,const ulong now_ms) { return(m_desk.Full() || m_desk.Held(command,now_ms) || Settling(command)); }
   void              OnCommand(SCommand &command,const bool stale_epoch,const ulong now_ms);
   void              OnResult(const MqlTradeRequest &request,const MqlTradeResult &result,const ulong now_ms);
   void              Pump(const ulong now_ms);
   string            LastWords(void) const { return(m_last_words); }
   int               Pending(void) const { return(m_desk.Total()); }
   bool              OwesAnswer(void) const { return(m_desk.OwesAnswer()); }
  };

CTradeGateway::CTradeGateway(void) : m_pOutbox(NULL),m_pTracker(NULL),m_pCaps(NULL),m_catch_up_ms(10000),m_caught_up(false),m_last_words("none"),m_complaint("")
  {
  }

//--- what is under way, and what was answered, stays: a chart that changes its timeframe is the same life
void CTradeGateway::Init(COutbox *p_outbox,CPositionTracker *p_tracker,CCaps *p_caps,CAttribution *p_attribution)
  {
   m_pOutbox=p_outbox;
   m_pTracker=p_tracker;
   m_pCaps=p_caps;
   m_barriers.Manager(false);
   m_desk.Init(p_outbox,p_caps,p_attribution);
  }

void CTradeGateway::Timeouts(const ulong result_ms,const ulong catch_up_ms)
  {
   m_catch_up_ms=catch_up_ms;
   m_desk.Timeouts(result_ms,catch_up_ms);
  }

//--- the account's files are ours from here on: what earlier lives have begun is brought to an end
void CTradeGateway::OpenRecords(CAccountFolder &folder,const ulong now_ms)
  {
   m_barriers.Records(true);
   m_caught_up=false;
   m_complaint="";
   if(!m_desk.OpenLedger(folder,now_ms))
      m_complaint="the ledger cannot be written: nothing is opened until it can";
   m_barriers.Doubtful(m_desk.IsDoubtful());
   if(m_desk.IsDoubtful())
      m_complaint="the ledger was lost or damaged: what is whole is used, the history is asked for the rest";
   if(m_complaint!="")
      Print("DTMS: ",m_complaint);
  }

//--- a session that knows nothing has begun
void CTradeGateway::TellUntold(void)
  {
   m_desk.Record().TellUntold();
   if(m_complaint!="")
      m_pOutbox.Notice(DTMS_NOTICE_CODE_LEDGER,"",0,m_complaint);
   m_complaint="";
  }

void CTradeGateway::CloseRecords(void)
  {
   m_barriers.Records(false);
   m_desk.Record().Close();
  }

//--- a command has arrived: known, epoch, deadline, role and hands off, caps; then what looks at the account
void CTradeGateway::OnCommand(SCommand &command,const bool stale_epoch,const ulong now_ms)
  {
   command.arrived_ms=now_ms;
   if(DTMS_HOLDS(DTMS_RULE_DUPLICATE_SUPPRESSION) && AnswerKnown(command))
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
      m_desk.Finish(p_task,DTMS_OUTCOME_DENIED,why,m_barriers.Words(why),now_ms);
      return;
     }
   if(m_desk.IsDoubtful() && DoneBefore(p_task,now_ms))
      return;
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
   if(!m_desk.Record().Knows(command.id))
      return(false);
   if(m_desk.Record().ReportOf(command.id,report))
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

//--- the ledger may have forgotten the command; a deal with its tag shows that it was executed
bool CTradeGateway::DoneBefore(CTradeTask *p_task,const ulong now_ms)
  {
   if(!CCommands::MakesDeal(p_task.command) || !CTagHistory::Has(CTag::Make(p_task.command.tag_kind,p_task.command.id)))
      return(false);
   m_desk.Finish(p_task,DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"the ledger had lost it, the history has a deal of it",now_ms);
   return(true);
  }

//--- the Why that keeps this command from being executed at all
int CTradeGateway::Forbidden(const SCommand &command,const ulong now_ms)
  {
   int barrier=m_barriers.Of(command);
   if(barrier!=DTMS_WHY_NONE)
      return(barrier);
   int why=m_pCaps.Check(command,m_desk.LotsOnTheWay(command.id),now_ms);
   if(why!=DTMS_WHY_NONE)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_CAP_REACHED,command.symbol,why,m_barriers.Words(why));
   return(why);
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

//--- something that the Expert Advisor does by itself; false: not now
bool CTradeGateway::Act(const SCommand &command,const ulong now_ms)
  {
   if(IsBusy(command,now_ms) || Forbidden(command,now_ms)!=DTMS_WHY_NONE)
      return(false);
   CTradeTask *p_task=m_desk.NewTask(command);
   if(p_task==NULL)
      return(false);
   p_task.position_id=m_pTracker.IdOf(command.ticket);
   p_task.by_id=m_pTracker.IdOf(command.by_ticket);
   m_last_words="by itself: "+CCommands::Words(command);
   if(CheckNow(p_task,now_ms))
      m_desk.Send(p_task,now_ms);
   return(true);
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
   SBarriers barriers;
   m_caught_up=(m_caught_up || m_pTracker.ConnectedMs(now_ms)>=m_catch_up_ms);
   m_barriers.Doubtful(!m_caught_up && m_desk.IsDoubtful());
   m_barriers.Fill(barriers);
   m_desk.SetBarriers(barriers);
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
   int why=m_barriers.Of(p_task.command);
   if(why==DTMS_WHY_NONE)
     {
      if(m_desk.Full() || m_desk.Held(p_task.command,now_ms) || Settling(p_task.command))
         return;
//--- the caps look at every position, so they are asked only when the request could leave
      why=Forbidden(p_task.command,now_ms);
     }
   if(why!=DTMS_WHY_NONE)
     {
      m_desk.Finish(p_task,DTMS_OUTCOME_DENIED,why,m_barriers.Words(why),now_ms);
      return;
     }
   if(CheckNow(p_task,now_ms))
      m_desk.Send(p_task,now_ms);
  }

#endif
//+------------------------------------------------------------------+
