//+------------------------------------------------------------------+
//| LeaseBook.mqh                                                    |
//| the plans for silence, in memory and on disk                     |
//+------------------------------------------------------------------+
#ifndef DTMS_LEASE_BOOK_MQH
#define DTMS_LEASE_BOOK_MQH

#include "Elapsed.mqh"
#include "Messages.mqh"
#include "Rules.mqh"
#include "SmallFile.mqh"
#include "StopChecks.mqh"
#include "TicketIndex.mqh"

#define DTMS_BOOK_FORM    1     // of the file
#define DTMS_BOOK_REST_MS 1000  // between two writings of the file
#define DTMS_QUARTER_S    900   // clocks of servers differ by multiples of this

//--- one plan, and what is known of its position
struct SHeldPlan
  {
   SLeasePlan        plan;
   ulong             ticket;     // seen last; 0: never
   long              opened_s;   // its time of opening then
   bool              had_stop;   // it had one once: if there is none now, a human has removed it
   double            joint;      // stop that was decided on for both legs of a pair at once; 0: none
   bool              fired;      // its silence has been long enough
   bool              bare_told;
   bool              hold_told;
   ulong             act_id;     // request of ours under way
   ulong             next_ms;
   ulong             wait_ms;
   ulong             closed_ms;  // when its market was seen closed last
   ulong             bare_ms;    // when it was seen without a stop first, in this life; 0: not yet

                     SHeldPlan(void) : ticket(0),opened_s(0),had_stop(false),joint(0.0),fired(false),bare_told(false),hold_told(false),act_id(0),next_ms(0),
                     wait_ms(0),closed_ms(0),bare_ms(0) {}

   //--- whether the present position is the one that the plan was made for: not one that has turned since, nor one that was closed and
   //--- opened again. Another ticket alone is the server's; a server's clock that turns shifts the time of opening by quarters of an hour.
   bool              IsFor(const SPresent &present) const
     {
      bool same_life=(opened_s!=0 && (present.opened_s-opened_s)%DTMS_QUARTER_S==0);
      return(present.side==plan.side && (present.ticket==plan.ticket || same_life));
     }

   //--- what was known of a position of before does not hold for the one that is there now
   void              Forget(void)
     {
      opened_s=0;
      had_stop=false;
      joint=0.0;
      bare_told=false;
      bare_ms=0;
     }

   //--- true: something that outlives the program has changed
   bool              See(const SPresent &present)
     {
      if(opened_s!=0 && (present.opened_s-opened_s)%DTMS_QUARTER_S!=0)
         Forget();
      bool has_stop=(present.stop>0.0);
      bool changed=(ticket!=present.ticket || opened_s!=present.opened_s || (has_stop && !had_stop));
      ticket=present.ticket;
      opened_s=present.opened_s;
      had_stop=(had_stop || has_stop);
      if(has_stop)
        {
         bare_ms=0;
         bare_told=false;
        }
      return(changed);
     }
  };

//+------------------------------------------------------------------+
//| CLeaseBook: replaced as a whole by each Lease; what is known of a|
//| position stays. On disk so that a terminal that restarts while   |
//| the bridge is away still protects.                               |
//+------------------------------------------------------------------+
class CLeaseBook
  {
private:
   string            m_name;
   bool              m_stale;
   bool              m_failed;
   ulong             m_saved_ms;

   void              Write(CMsgPackWriter &content) const;
   bool              Read(CMsgPackReader &content);

public:
   SHeldPlan         held[];
   int               farewell;   // what the bridge said when it took its leave: an OnSilence; 0: it did not

                     CLeaseBook(void) : m_name(""),m_stale(false),m_failed(false),m_saved_ms(0),farewell(0) {}
   int               Total(void) const { return(ArraySize(held)); }
   int               FindTicket(const ulong ticket) const;
   void              Load(const string name);
   void              Close(void);
   bool              Replace(const SLease &lease);
   void              Clear(void);
   void              Changed(void) { m_stale=true; }
   bool              Pump(const ulong now_ms,const bool at_once);
  };

//--- the place of the plan for a ticket, of now or of when the plan was made; -1: there is none
int CLeaseBook::FindTicket(const ulong ticket) const
  {
   for(int i=0; i<ArraySize(held) && ticket!=0; i++)
      if(held[i].ticket==ticket || held[i].plan.ticket==ticket)
         return(i);
   return(-1);
  }

//--- what an earlier life has left
void CLeaseBook::Load(const string name)
  {
   CMsgPackReader content;
   m_name=name;
   m_stale=false;
   m_failed=false;
   ArrayFree(held);
   farewell=0;
   if(!DTMS_HOLDS(DTMS_RULE_LEASE_ON_DISK) || (!FileIsExist(name) && !FileIsExist(CSmallFile::Beside(name))))
      return;
   if(CSmallFile::Load(name,content) && Read(content))
      return;
   ArrayFree(held);
   farewell=0;
   Print("DTMS: the plans after silence cannot be read: until the bridge tells them again nothing is done without it");
  }

//--- the file is another program's from here on
void CLeaseBook::Close(void)
  {
   m_name="";
   ArrayFree(held);
  }

//--- the whole list; false: no memory, and then there is no plan at all
bool CLeaseBook::Replace(const SLease &lease)
  {
   SHeldPlan next[];
   CTicketIndex ids;
   int total=ArraySize(lease.plans);
   m_stale=true;
   for(int i=0; i<ArraySize(held); i++)
      if(!ids.Put(held[i].plan.position_id,i))
         return(false);
   if(ArrayResize(next,total)<total)
     {
      ArrayFree(held);
      return(false);
     }
   for(int i=0; i<total; i++)
     {
      SHeldPlan blank;
      int before=ids.Find(lease.plans[i].position_id);
      next[i]=blank;
      if(before>=0)
         next[i]=held[before];
      if(before>=0 && held[before].plan.side!=lease.plans[i].side)
         next[i].Forget();
      next[i].plan=lease.plans[i];
     }
   ArrayFree(held);
   if(ArrayResize(held,total)<total)
      return(false);
   for(int i=0; i<total; i++)
      held[i]=next[i];
   return(true);
  }

//--- no plan for anything
void CLeaseBook::Clear(void)
  {
   m_stale=(m_stale || ArraySize(held)>0 || farewell!=0);
   ArrayFree(held);
   farewell=0;
  }

//--- writes what has changed, now or when the last writing is a while ago; false: it cannot be written
bool CLeaseBook::Pump(const ulong now_ms,const bool at_once)
  {
   if(m_name=="" || !m_stale || (!at_once && CElapsed::Ms(now_ms,m_saved_ms)<DTMS_BOOK_REST_MS))
      return(!m_failed);
   CMsgPackWriter content;
   Write(content);
   m_saved_ms=now_ms;
   m_failed=!CSmallFile::Save(m_name,content);
   m_stale=m_failed;
   return(!m_failed);
  }

void CLeaseBook::Write(CMsgPackWriter &content) const
  {
   int total=ArraySize(held);
   content.UInt(DTMS_BOOK_FORM);
   content.UInt((ulong)farewell);
   content.UInt((ulong)total);
   for(int i=0; i<total; i++)
     {
      held[i].plan.Write(content);
      content.UInt(held[i].ticket);
      content.Int(held[i].opened_s);
      content.Flag(held[i].had_stop);
      content.Real(held[i].joint);
     }
  }

//--- false: it is not all there
bool CLeaseBook::Read(CMsgPackReader &content)
  {
   ulong form=0;
   ulong said=0;
   ulong total=0;
   if(!content.UInt(form) || form!=DTMS_BOOK_FORM || !content.UInt(said) || !content.UInt(total) || said>DTMS_ON_SILENCE_CLOSE)
      return(false);
   farewell=(int)said;
   for(ulong i=0; i<total; i++)
     {
      int at=ArraySize(held);
      SHeldPlan blank;
      if(ArrayResize(held,at+1,64)<at+1)
         return(false);
      held[at]=blank;
      if(!held[at].plan.Read(content) || !content.UInt(held[at].ticket) || !content.Int(held[at].opened_s)
         || !content.Flag(held[at].had_stop) || !content.Real(held[at].joint))
         return(false);
     }
   return(true);
  }

#endif
//+------------------------------------------------------------------+
