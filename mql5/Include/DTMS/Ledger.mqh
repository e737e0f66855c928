//+------------------------------------------------------------------+
//| Ledger.mqh                                                       |
//| which commands are known, and what was answered                  |
//+------------------------------------------------------------------+
#ifndef DTMS_LEDGER_MQH
#define DTMS_LEDGER_MQH

#include "LedgerFile.mqh"
#include "Messages.mqh"
#include "Rules.mqh"
#include "TicketIndex.mqh"

#define DTMS_LEDGER_FINAL    4096  // answers kept in memory, the oldest gives way
#define DTMS_LEDGER_COUNTER_BITS 24 // of a command's id, below its epoch
#define DTMS_LEDGER_RETELL_S 120   // an answer of an earlier life that is no older may not have arrived

//--- how far a command has come
#define DTMS_LEDGER_UNKNOWN_ID 0   // never heard of
#define DTMS_LEDGER_STARTED    1   // accepted; a request may leave at any moment
#define DTMS_LEDGER_SENT       2   // a request is with the broker
#define DTMS_LEDGER_UNCLEAR    3   // reported UNKNOWN, still searched for
#define DTMS_LEDGER_FINAL_SAID 4   // reported for good

struct SLedgerEntry
  {
   ulong             id;
   int               state;
   uint              request_id;
   int               row;        // of an earlier life: where the file tells its last request; -1: nowhere
   bool              is_old;     // of an earlier life
   SExecutionReport  report;

                     SLedgerEntry(void) : id(0),state(DTMS_LEDGER_UNKNOWN_ID),request_id(0),row(-1),is_old(false) {}
  };

//+------------------------------------------------------------------+
//| CLedger: a command is executed once, however often it is sent,   |
//| in this life or after it (R18). On disk stand STARTED before a   |
//| request leaves, SENT when it has left, and each outcome before   |
//| it is told. Entries in memory stand in a ring; one that is not   |
//| final is carried along when its place is needed.                 |
//+------------------------------------------------------------------+
class CLedger
  {
private:
   CLedgerFile       m_file;
   CMsgPackWriter    m_row;
   SLedgerEntry      m_entries[];
   CTicketIndex      m_index;
   int               m_next;
   ulong             m_recent[];   // outcomes that may not have been told
   uint              m_epoch;      // highest that a row's command was given in

   int               Place(void);
   int               At(const ulong id) const { return(m_index.Find(id)); }
   void              Replay(const long now_s);
   void              ReplayRow(const SRowHead &head,CMsgPackReader &row,const int at,const long now_s);
   void              Begin(const int kind,const ulong id);

public:
                     CLedger(void);
   bool              Open(const string name,const string owner,const bool is_expected,const long now_s);
   uint              HighestEpoch(void) const { return(m_epoch); }
   void              Close(void) { m_file.Close(); }
   bool              Works(void) const { return(m_file.Works()); }
   bool              Damaged(void) const { return(m_file.Damaged()); }
   int               Unfinished(ulong &ids[]) const;
   bool              RequestOf(const ulong id,CMsgPackReader &row) const;
   uint              RequestIdOf(const ulong id) const;
   void              Recovered(void);
   int               TakeRecent(ulong &ids[]);
   int               State(const ulong id) const;
   bool              Started(const ulong id);
   bool              Sending(const ulong id,const CMsgPackWriter &request);
   void              Sent(const ulong id,const uint request_id);
   void              Answered(const ulong id,const SExecutionReport &report);
   bool              ReportOf(const ulong id,SExecutionReport &report) const;
  };

CLedger::CLedger(void) : m_next(0),m_epoch(0)
  {
  }

//--- reads what earlier lives have left; false: nothing can be written
bool CLedger::Open(const string name,const string owner,const bool is_expected,const long now_s)
  {
   if(!DTMS_HOLDS(DTMS_RULE_LEDGER_ON_DISK))
      return(true);
   bool works=m_file.Open(name,owner,is_expected,now_s);
   Replay(now_s);
   return(works);
  }

void CLedger::Replay(const long now_s)
  {
   CMsgPackReader row;
   int at=-1;
   while(m_file.Next(row,at))
     {
      SRowHead head;
      if(head.Read(row) && head.kind!=DTMS_ROW_BEGUN)
         ReplayRow(head,row,at,now_s);
     }
  }

//--- one row; of what this life knows itself nothing is taken from the file
void CLedger::ReplayRow(const SRowHead &head,CMsgPackReader &row,const int at,const long now_s)
  {
   if(head.id>>DTMS_LEDGER_COUNTER_BITS>(ulong)m_epoch)
      m_epoch=(uint)(head.id>>DTMS_LEDGER_COUNTER_BITS);
   if(At(head.id)<0)
     {
      if(!Started(head.id))
         return;
      m_entries[At(head.id)].is_old=true;
     }
   int place=At(head.id);
   if(!m_entries[place].is_old)
      return;
   if(head.kind==DTMS_ROW_STARTED)
     {
      m_entries[place].state=DTMS_LEDGER_STARTED;
      m_entries[place].row=at;
      return;
     }
   ulong request_id=0;
   SExecutionReport report;
   if(head.kind==DTMS_ROW_SENT && row.UInt(request_id))
     {
      m_entries[place].state=DTMS_LEDGER_SENT;
      m_entries[place].request_id=(uint)request_id;
      return;
     }
   if(head.kind!=DTMS_ROW_OUTCOME || !report.Read(row))
      return;
   m_entries[place].state=(report.outcome==DTMS_OUTCOME_UNKNOWN ? DTMS_LEDGER_UNCLEAR : DTMS_LEDGER_FINAL_SAID);
   m_entries[place].report=report;
   int total=ArraySize(m_recent);
   if(total>0 && m_recent[total-1]==head.id)
      return;
   if(now_s-head.time_s<=DTMS_LEDGER_RETELL_S && ArrayResize(m_recent,total+1,64)>total)
      m_recent[total]=head.id;
  }

//--- commands of earlier lives whose outcome nobody knows; returns how many
int CLedger::Unfinished(ulong &ids[]) const
  {
   int count=0;
   for(int i=0; i<ArraySize(m_entries); i++)
     {
      if(!m_entries[i].is_old || m_entries[i].row<0 || m_entries[i].state==DTMS_LEDGER_FINAL_SAID)
         continue;
      if(ArrayResize(ids,count+1,64)<=count)
         break;
      ids[count]=m_entries[i].id;
      count++;
     }
   return(count);
  }

//--- the last request of such a command, as it was given to Sending
bool CLedger::RequestOf(const ulong id,CMsgPackReader &row) const
  {
   SRowHead head;
   int at=At(id);
   return(at>=0 && m_file.RowAt(m_entries[at].row,row) && head.Read(row));
  }

//--- the terminal's number of its last request; 0: not known
uint CLedger::RequestIdOf(const ulong id) const
  {
   int at=At(id);
   return(at<0 ? 0 : m_entries[at].request_id);
  }

//--- the unfinished are under way again; from here on they are of this life
void CLedger::Recovered(void)
  {
   for(int i=0; i<ArraySize(m_entries); i++)
     {
      m_entries[i].is_old=false;
      m_entries[i].row=-1;
     }
   m_file.Forget();
  }

//--- hands out, once, the outcomes of earlier lives that may not have arrived
int CLedger::TakeRecent(ulong &ids[])
  {
   int total=ArraySize(m_recent);
   if(total>0 && ArrayCopy(ids,m_recent)<total)
      return(0);
   ArrayFree(m_recent);
   return(total);
  }

//--- how far the command has come
int CLedger::State(const ulong id) const
  {
   int at=At(id);
   return(at<0 ? DTMS_LEDGER_UNKNOWN_ID : m_entries[at].state);
  }

//--- a free place; -1: no memory
int CLedger::Place(void)
  {
   int total=ArraySize(m_entries);
   if(total<DTMS_LEDGER_FINAL)
      return(ArrayResize(m_entries,total+1,256)>total ? total : -1);
   for(int tries=0; tries<total; tries++)
     {
      int at=m_next;
      m_next=(m_next+1)%total;
      if(m_entries[at].state==DTMS_LEDGER_FINAL_SAID)
        {
         m_index.Remove(m_entries[at].id);
         return(at);
        }
     }
   return(-1);
  }

//--- the command is taken on; false: it cannot be remembered, and must not be executed
bool CLedger::Started(const ulong id)
  {
   int at=Place();
   if(at<0 || !m_index.Put(id,at))
      return(false);
   SLedgerEntry entry;
   entry.id=id;
   entry.state=DTMS_LEDGER_STARTED;
   m_entries[at]=entry;
   return(true);
  }

void CLedger::Begin(const int kind,const ulong id)
  {
   SRowHead head;
   head.kind=kind;
   head.id=id;
   head.time_s=(long)TimeCurrent();
   m_row.Reset();
   head.Write(m_row);
  }

//--- a request is about to leave; false: the disk does not know it
bool CLedger::Sending(const ulong id,const CMsgPackWriter &request)
  {
   if(!DTMS_HOLDS(DTMS_RULE_LEDGER_ON_DISK))
      return(true);
   Begin(DTMS_ROW_STARTED,id);
   request.AppendTo(m_row);
   return(m_file.Append(m_row,(long)TimeCurrent()));
  }

//--- a request of the command has left the terminal
void CLedger::Sent(const ulong id,const uint request_id)
  {
   int at=At(id);
   if(at<0)
      return;
   m_entries[at].state=DTMS_LEDGER_SENT;
   m_entries[at].request_id=request_id;
   Begin(DTMS_ROW_SENT,id);
   m_row.UInt((ulong)request_id);
   if(!m_file.Append(m_row,(long)TimeCurrent()))
      ResetLastError();      // a request that is known to have started is searched for as well
  }

//--- a report goes out; only one with the outcome UNKNOWN is followed by another
void CLedger::Answered(const ulong id,const SExecutionReport &report)
  {
   int at=At(id);
   if(at<0)
      return;
   m_entries[at].state=(report.outcome==DTMS_OUTCOME_UNKNOWN ? DTMS_LEDGER_UNCLEAR : DTMS_LEDGER_FINAL_SAID);
   m_entries[at].report=report;
   Begin(DTMS_ROW_OUTCOME,id);
   report.Write(m_row);
   if(!m_file.Append(m_row,(long)TimeCurrent()))
      ResetLastError();      // after a restart it is searched for again
  }

//--- the last report of a command; false: none was made yet
bool CLedger::ReportOf(const ulong id,SExecutionReport &report) const
  {
   int at=At(id);
   if(at<0 || m_entries[at].state<DTMS_LEDGER_UNCLEAR)
      return(false);
   report=m_entries[at].report;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
