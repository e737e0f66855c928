//+------------------------------------------------------------------+
//| PositionTracker.mqh                                              |
//| what the account holds, compared with what was told last         |
//+------------------------------------------------------------------+
#ifndef DTMS_POSITION_TRACKER_MQH
#define DTMS_POSITION_TRACKER_MQH

#include "Elapsed.mqh"
#include "HeldPositions.mqh"
#include "ListCheck.mqh"
#include "Outbox.mqh"
#include "Permissions.mqh"
#include "PositionTeller.mqh"
#include "SymbolBook.mqh"

#define DTMS_SLICE          256   // positions looked at in one thorough look
#define DTMS_WHOLE_LOOK_MS  5000  // a look at all tickets happens at least this often
#define DTMS_MISSING_MS     50    // and this often while one is missing
#define DTMS_SETTLE_MS      5000  // after the broker is back, lists may be incomplete for so long
#define DTMS_COSTS_AN_EVENT 50    // positions whose deals are read in one event before the first logon

//+------------------------------------------------------------------+
//| CPositionTracker: events of the terminal only wake it (R14). A   |
//| whole look reads ticket, volume and levels of every position;    |
//| a thorough one more fields of some, by turns. One that is gone   |
//| is closed when its deals say so, or after a debounce with two    |
//| equal looks; while the terminal has no broker, nothing is        |
//| concluded at all (R15). One that went through zero is closed,    |
//| and the other side opened under the same identifier.             |
//+------------------------------------------------------------------+
class CPositionTracker
  {
private:
   CSymbolBook      *m_pBook;
   CHeldPositions    m_held;
   CPositionTeller   m_teller;
   CListCheck        m_list;
   ulong             m_debounce_ms;
   ulong             m_scan_ms;
   ulong             m_look;
   int               m_total;
   int               m_slice;
   int               m_missing;
   int               m_costs_next;
   bool              m_symbols_stale;
   bool              m_baseline;
   bool              m_woken;
   bool              m_connected;
   ulong             m_connected_ms;
   ulong             m_whole_ms;
   ulong             m_slice_ms;

   bool              Connected(const ulong now_ms);
   bool              WholeLookDue(const ulong now_ms) const;
   void              LookAtAll(const ulong now_ms);
   bool              LookAtTickets(const ulong now_ms);
   void              LookAtSome(const ulong now_ms);
   void              Appear(const ulong ticket,const ulong now_ms);
   void              Compare(const int index,const ulong ticket,const bool thorough,const ulong now_ms);
   bool              LookForMissing(const ulong now_ms);
   bool              Gone(const int index,const ulong now_ms,CDealSums &sums);
   void              WatchSymbols(void);
   void              ReadBaseline(const ulong now_ms);

public:
                     CPositionTracker(void);
   void              Init(COutbox *p_outbox,CSymbolBook *p_book,CAttribution *p_attribution,const ulong scan_ms,const ulong debounce_ms);
   void              Wake(const ulong position_id);
   void              Pump(const ulong now_ms);
   bool              Ready(void) const { return(m_baseline); }
   void              LookQuietly(const ulong now_ms);
   void              SendSnapshot(const ulong now_ms);
   bool              Digest(SDigest &digest) { return(m_teller.Digest(m_held,digest)); }
   bool              Holds(const ulong ticket) const { return(m_held.FindTicket(ticket)>=0); }
   ulong             IdOf(const ulong ticket) const { return(m_held.IdOf(ticket)); }
   int               Count(void) const { return(m_held.Count()); }
   ulong             ConnectedMs(const ulong now_ms) const { return(m_connected ? CElapsed::Ms(now_ms,m_connected_ms) : 0); }
  };

CPositionTracker::CPositionTracker(void) : m_pBook(NULL),m_debounce_ms(1000),m_scan_ms(250),m_look(0),m_total(0),m_slice(0),m_missing(0),
   m_costs_next(0),m_symbols_stale(false),m_baseline(false),m_woken(true),m_connected(false),m_connected_ms(0),m_whole_ms(0),m_slice_ms(0)
  {
  }

//--- begins anew with nothing known
void CPositionTracker::Init(COutbox *p_outbox,CSymbolBook *p_book,CAttribution *p_attribution,const ulong scan_ms,const ulong debounce_ms)
  {
   m_pBook=p_book;
   m_scan_ms=scan_ms;
   m_debounce_ms=debounce_ms;
   m_held.Clear();
   m_teller.Init(p_outbox,p_attribution);
   m_costs_next=0;
   m_missing=0;
   m_baseline=false;
   m_woken=true;
   m_connected=false;
   m_list.Restart();
  }

//--- something happened; to this position, if the number is not 0
void CPositionTracker::Wake(const ulong position_id)
  {
   m_woken=true;
   int index=m_held.FindId(position_id);
   if(index>=0)
      m_held.ReadCostsAgain(index);
  }

//--- whether the terminal's lists mean anything
bool CPositionTracker::Connected(const ulong now_ms)
  {
   if(!CPermissions::Connected())
     {
      m_connected=false;
      m_list.Restart();
      return(false);
     }
   if(!m_connected)
     {
      m_connected=true;
      m_connected_ms=now_ms;
      m_woken=true;
     }
   return(true);
  }

//--- looks as far as it is worth while
void CPositionTracker::Pump(const ulong now_ms)
  {
   if(!Connected(now_ms))
      return;
   m_teller.Quiet(!m_baseline);
   if(WholeLookDue(now_ms))
      LookAtAll(now_ms);
   else
      if(now_ms>=m_slice_ms)
         LookAtSome(now_ms);
   if(!m_baseline)
      ReadBaseline(now_ms);
   if(m_teller.OwesSnapshot())
      SendSnapshot(now_ms);
  }

bool CPositionTracker::WholeLookDue(const ulong now_ms) const
  {
   return(m_woken || PositionsTotal()!=m_total || CElapsed::Ms(now_ms,m_whole_ms)>=DTMS_WHOLE_LOOK_MS
          || (m_missing>0 && CElapsed::Ms(now_ms,m_whole_ms)>=DTMS_MISSING_MS));
  }

//--- a look at all tickets; only one that saw the whole list may find something missing
void CPositionTracker::LookAtAll(const ulong now_ms)
  {
   m_woken=false;
   m_whole_ms=now_ms;
   m_look++;
   if(!LookAtTickets(now_ms))
      m_woken=true;
   else
      if(LookForMissing(now_ms) && !LookAtTickets(now_ms))
         m_woken=true;
   if(m_symbols_stale)
      WatchSymbols();
  }

//--- false: the list changed under our eyes
bool CPositionTracker::LookAtTickets(const ulong now_ms)
  {
   m_total=PositionsTotal();
   bool complete=true;
   for(int i=m_total-1; i>=0; i--)
     {
      ulong ticket=PositionGetTicket(i);
      if(ticket==0)
        {
         complete=false;
         continue;
        }
      int index=m_held.FindTicket(ticket);
      if(index<0)
         Appear(ticket,now_ms);
      else
         Compare(index,ticket,false,now_ms);
      index=m_held.FindTicket(ticket);
      if(index>=0 && !m_held.Over(index))
         m_held.Seen(index,m_look);
     }
   return(complete && PositionsTotal()==m_total);
  }

//--- a thorough look at the next slice
void CPositionTracker::LookAtSome(const ulong now_ms)
  {
   m_slice_ms=now_ms+m_scan_ms;
   int total=PositionsTotal();
   int count=(total<DTMS_SLICE ? total : DTMS_SLICE);
   for(int n=0; n<count; n++)
     {
      m_slice=(m_slice+1)%total;
      ulong ticket=PositionGetTicket(m_slice);
      int index=m_held.FindTicket(ticket);
      if(index<0)
         m_woken=true;
      else
         Compare(index,ticket,true,now_ms);
     }
  }

//--- a ticket that is not known: a new position, or an old one under another ticket; the other side of one that is over
//--- waits until that was told
void CPositionTracker::Appear(const ulong ticket,const ulong now_ms)
  {
   SPosition position;
   if(!CPositionReader::Read(ticket,position))
      return;
   int index=m_held.FindId(position.position_id);
   if(index>=0)
     {
      if(m_held.Turned(index) || m_held.TurnedTwice(index))
         return;
      m_held.Rename(index,ticket);
      Compare(index,ticket,true,now_ms);
      return;
     }
   index=m_held.Add(position);
   if(index<0)
      return;
   m_pBook.Watch(position.symbol,DTMS_WATCH_POSITION);
   m_symbols_stale=true;
   if(!m_baseline)
      return;
   m_held.ReadCosts(index);
   m_teller.TellOpened(m_held,index);
  }

//--- a ticket that is known: what is different?
void CPositionTracker::Compare(const int index,const ulong ticket,const bool thorough,const ulong now_ms)
  {
   if(m_held.Turned(index))
     {
      m_woken=(m_woken || thorough);
      return;
     }
   int changed=m_held.Difference(index,ticket,thorough);
   bool costs=(thorough && m_baseline && m_held.CostsAreOpen(index));
   if(changed==0 && !costs)
      return;
   SPosition position;
   m_held.Get(index,position);
   string symbol_before=position.symbol;
   double price_before=position.price_open;
   double swap_before=position.swap;
   if(!CPositionReader::Read(ticket,position))
      return;
   if(position.symbol!=symbol_before)
     {
      m_pBook.Watch(position.symbol,DTMS_WATCH_POSITION);
      m_symbols_stale=true;
     }
   if(position.price_open!=price_before)
      changed|=DTMS_CHANGED_PRICE_OPEN;
   if(position.swap!=swap_before)
      changed|=DTMS_CHANGED_COSTS;
   ulong command=m_held.Update(index,position,costs || (changed&(DTMS_CHANGED_VOLUME|DTMS_CHANGED_PRICE_OPEN|DTMS_CHANGED_TICKET))!=0,changed);
   if(changed!=0)
      m_teller.TellChanged(m_held,index,changed,command,now_ms);
   m_woken=(m_woken || m_held.Over(index));
  }

//--- what the last whole look did not see; true: the other side of one that was told as closed is open
bool CPositionTracker::LookForMissing(const ulong now_ms)
  {
   m_missing=0;
   bool turned=false;
   CDealSums sums;
   for(int i=m_held.Count()-1; i>=0; i--)
     {
      if(m_held.WasSeen(i,m_look))
         continue;
      if(!Gone(i,now_ms,sums))
        {
         m_missing++;
         continue;
        }
      m_teller.TellClosed(m_held,i,sums);
      turned=(turned || m_held.Over(i));
      m_held.Remove(i);
      m_symbols_stale=true;
     }
   return(turned);
  }

//--- whether a position that is in no list is closed for sure
bool CPositionTracker::Gone(const int index,const ulong now_ms,CDealSums &sums)
  {
   bool readable=m_held.ReadDeals(index,sums);
   if(readable && sums.Ended())
      return(true);
   ulong missing_ms=m_held.MissingMs(index,now_ms);
   bool twice=(readable && m_held.SameDealsAgain(index,sums.deals));
   return(twice && missing_ms>=m_debounce_ms && CElapsed::Ms(now_ms,m_connected_ms)>=DTMS_SETTLE_MS);
  }

//--- quotes are sent of every symbol with a position
void CPositionTracker::WatchSymbols(void)
  {
   m_symbols_stale=false;
   m_pBook.Unwatch(DTMS_WATCH_POSITION);
   for(int i=0; i<m_held.Count(); i++)
      m_pBook.Watch(m_held.Symbol(i),DTMS_WATCH_POSITION);
  }

//--- before the first logon the deals of what is open are read a few at a time; it begins with a list that is loaded
void CPositionTracker::ReadBaseline(const ulong now_ms)
  {
   for(int n=0; n<DTMS_COSTS_AN_EVENT && m_costs_next<m_held.Count(); n++)
     {
      m_held.ReadCosts(m_costs_next);
      m_costs_next++;
     }
   bool settled=m_list.Settled(now_ms);
   m_baseline=(settled && !m_woken && m_costs_next>=m_held.Count());
  }

//--- brings what is known up to date without telling; the snapshot that follows tells it
void CPositionTracker::LookQuietly(const ulong now_ms)
  {
   if(!Connected(now_ms))
      return;
   m_teller.Quiet(true);
   LookAtAll(now_ms);
   m_teller.Quiet(false);
  }

//--- everything that is held, or that it cannot be told now
void CPositionTracker::SendSnapshot(const ulong now_ms)
  {
   m_teller.SendSnapshot(m_held,Connected(now_ms));
  }

#endif
//+------------------------------------------------------------------+
