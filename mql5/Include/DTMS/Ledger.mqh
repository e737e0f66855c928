//+------------------------------------------------------------------+
//| Ledger.mqh                                                       |
//| which commands are known, and what was answered                  |
//+------------------------------------------------------------------+
#ifndef DTMS_LEDGER_MQH
#define DTMS_LEDGER_MQH

#include "Messages.mqh"
#include "TicketIndex.mqh"

#define DTMS_LEDGER_FINAL 4096  // answers kept, the oldest gives way

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
   SExecutionReport  report;

                     SLedgerEntry(void) : id(0),state(DTMS_LEDGER_UNKNOWN_ID),request_id(0) {}
  };

//+------------------------------------------------------------------+
//| CLedger: a command is executed once, however often it is sent    |
//| (R18). Entries stand in a ring; one that is not final is carried |
//| along when its place is needed.                                  |
//+------------------------------------------------------------------+
class CLedger
  {
private:
   SLedgerEntry      m_entries[];
   CTicketIndex      m_index;
   int               m_next;

   int               Place(void);
   int               At(const ulong id) const { return(m_index.Find(id)); }

public:
                     CLedger(void);
   int               State(const ulong id) const;
   bool              Started(const ulong id);
   void              Sent(const ulong id,const uint request_id);
   void              Answered(const ulong id,const SExecutionReport &report);
   bool              ReportOf(const ulong id,SExecutionReport &report) const;
  };

CLedger::CLedger(void) : m_next(0)
  {
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

//--- a request of the command has left the terminal
void CLedger::Sent(const ulong id,const uint request_id)
  {
   int at=At(id);
   if(at<0)
      return;
   m_entries[at].state=DTMS_LEDGER_SENT;
   m_entries[at].request_id=request_id;
  }

//--- a report goes out; only one with the outcome UNKNOWN is followed by another
void CLedger::Answered(const ulong id,const SExecutionReport &report)
  {
   int at=At(id);
   if(at<0)
      return;
   m_entries[at].state=(report.outcome==DTMS_OUTCOME_UNKNOWN ? DTMS_LEDGER_UNCLEAR : DTMS_LEDGER_FINAL_SAID);
   m_entries[at].report=report;
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
