//+------------------------------------------------------------------+
//| TradeRecord.mqh                                                  |
//| what is written down and told about commands                     |
//+------------------------------------------------------------------+
#ifndef DTMS_TRADE_RECORD_MQH
#define DTMS_TRADE_RECORD_MQH

#include "AccountFolder.mqh"
#include "Ledger.mqh"
#include "Outbox.mqh"
#include "TaskList.mqh"
#include "TaskReport.mqh"

#define DTMS_UNTOLD 256  // outcomes, and acts, kept for the next session

//--- something done without a command while there was no link
struct SUntoldAct
  {
   string            symbol;
   ulong             position_id;
   string            text;
  };

//+------------------------------------------------------------------+
//| CTradeRecord: the ledger, and the reports. An outcome is in the  |
//| ledger before it is told; one that no session has taken is told  |
//| when the next one begins.                                        |
//+------------------------------------------------------------------+
class CTradeRecord
  {
private:
   COutbox          *m_pOutbox;
   CLedger           m_ledger;
   CMsgPackWriter    m_row;
   ulong             m_untold[];
   SUntoldAct        m_acts[];

   void              TellAct(const CTradeTask &task,const SExecutionReport &report);
   void              KeepUntold(const SExecutionReport &report);

public:
                     CTradeRecord(void) : m_pOutbox(NULL) {}
   void              Init(COutbox *p_outbox) { m_pOutbox=p_outbox; }
   bool              Open(CTaskList &tasks,CAccountFolder &folder,const ulong now_ms);
   uint              HighestEpoch(void) const { return(m_ledger.HighestEpoch()); }
   void              Close(void) { m_ledger.Close(); }
   bool              IsDamaged(void) const { return(m_ledger.Damaged()); }
   bool              Knows(const ulong id) const { return(m_ledger.State(id)!=DTMS_LEDGER_UNKNOWN_ID); }
   bool              ReportOf(const ulong id,SExecutionReport &report) const { return(m_ledger.ReportOf(id,report)); }
   bool              Started(const ulong id) { return(m_ledger.Started(id)); }
   bool              Note(const CTradeTask &task);
   void              Sent(const ulong id,const uint request_id) { m_ledger.Sent(id,request_id); }
   void              Report(const CTradeTask &task,const int outcome,const int why,const string detail,const ulong now_ms);
   void              TellUntold(void);
  };

//--- reads what earlier lives have left; what they did not bring to an end is searched for (R19). False: nothing can be written.
bool CTradeRecord::Open(CTaskList &tasks,CAccountFolder &folder,const ulong now_ms)
  {
   bool works=m_ledger.Open(folder.File("ledger"),folder.Owner(),folder.WasLivedIn(),(long)TimeCurrent());
   ulong ids[];
   int total=(DTMS_HOLDS(DTMS_RULE_UNKNOWN_RECONCILE) ? m_ledger.Unfinished(ids) : 0);
   for(int i=0; i<total; i++)
     {
      CMsgPackReader row;
      SCommand command;
      command.id=ids[i];
      command.arrived_ms=now_ms;
      CTradeTask *p_task=tasks.NewTask(command);
      if(p_task==NULL)
         break;
      if(!m_ledger.RequestOf(ids[i],row) || !p_task.Read(row))
        {
         tasks.Remove(p_task);
         continue;
        }
      p_task.request_id=m_ledger.RequestIdOf(ids[i]);
      p_task.state=TASK_SEARCHING;
      p_task.is_old=true;
      p_task.unknown_told=true;
      p_task.search.Begin(now_ms);
     }
   m_ledger.Recovered();
   total=m_ledger.TakeRecent(ids);
   if(total>0 && ArrayCopy(m_untold,ids,ArraySize(m_untold))<total)
      ArrayFree(m_untold);
   return(works);
  }

//--- a session that knows nothing has begun: final outcomes that none has taken, those of an earlier life that may be unknown, and
//--- what was done without a command meanwhile
void CTradeRecord::TellUntold(void)
  {
   SExecutionReport report;
   for(int i=0; i<ArraySize(m_untold); i++)
      if(m_ledger.ReportOf(m_untold[i],report))
         m_pOutbox.SendReport(report);
   ArrayFree(m_untold);
   for(int i=0; i<ArraySize(m_acts); i++)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,m_acts[i].symbol,(long)m_acts[i].position_id,"while the bridge was away, "+m_acts[i].text);
   ArrayFree(m_acts);
  }

//--- STARTED is on disk. What cannot be written there is remembered in this life only: then nothing is opened, but what
//--- protects goes on.
bool CTradeRecord::Note(const CTradeTask &task)
  {
   m_row.Reset();
   task.Write(m_row);
   bool noted=m_ledger.Sending(task.command.id,m_row);
   if(!noted)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_LEDGER,"",GetLastError(),"the ledger cannot be written: nothing is opened until it can");
   return(noted);
  }

void CTradeRecord::Report(const CTradeTask &task,const int outcome,const int why,const string detail,const ulong now_ms)
  {
   SExecutionReport report;
   CTaskReport::Fill(task,outcome,why,detail,now_ms,report);
   m_ledger.Answered(task.command.id,report);
   if(task.command.act!=DTMS_ACT_NONE)
      TellAct(task,report);
   else
      if(!m_pOutbox.SendReport(report))
         KeepUntold(report);
  }

//--- what the Expert Advisor has done by itself answers no command; positions and deals tell its effect like any other
void CTradeRecord::TellAct(const CTradeTask &task,const SExecutionReport &report)
  {
   string text="by itself: "+CCommands::Words(task.command)+", outcome "+IntegerToString(report.outcome)+", return code "+IntegerToString((long)report.retcode)
               +(report.detail!="" ? ", "+report.detail : "");
   m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,task.request.symbol,(long)report.position_id,text);
   int total=ArraySize(m_acts);
   if(m_pOutbox.IsUp() || total>=DTMS_UNTOLD || ArrayResize(m_acts,total+1,16)<=total)
      return;
   m_acts[total].symbol=task.request.symbol;
   m_acts[total].position_id=report.position_id;
   m_acts[total].text=text;
  }

void CTradeRecord::KeepUntold(const SExecutionReport &report)
  {
   int total=ArraySize(m_untold);
   if(total<DTMS_UNTOLD && ArrayResize(m_untold,total+1,16)>total)
      m_untold[total]=report.command_id;
  }

#endif
//+------------------------------------------------------------------+
