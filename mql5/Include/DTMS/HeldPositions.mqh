//+------------------------------------------------------------------+
//| HeldPositions.mqh                                                |
//| the positions that were told, found by ticket and by identifier  |
//+------------------------------------------------------------------+
#ifndef DTMS_HELD_POSITIONS_MQH
#define DTMS_HELD_POSITIONS_MQH

#include "Elapsed.mqh"
#include "HeldPosition.mqh"
#include "StateDigest.mqh"
#include "TicketIndex.mqh"

#define DTMS_FORMER_KEPT 256  // tickets remembered after their position got another

//+------------------------------------------------------------------+
//| CHeldPositions: a dense list; the last element takes the place   |
//| of one that is removed                                           |
//+------------------------------------------------------------------+
class CHeldPositions
  {
private:
   SHeldPosition     m_items[];
   CTicketIndex      m_by_ticket;
   CTicketIndex      m_by_id;
   ulong             m_former_tickets[DTMS_FORMER_KEPT];
   ulong             m_former_ids[DTMS_FORMER_KEPT];
   int               m_former_next;

   void              ClearFormer(void);
   void              Remember(const int index);

public:
                     CHeldPositions(void) : m_former_next(0) { ClearFormer(); }
   void              Clear(void);
   int               Count(void) const { return(ArraySize(m_items)); }
   int               FindTicket(const ulong ticket) const { return(m_by_ticket.Find(ticket)); }
   int               FindId(const ulong position_id) const { return(m_by_id.Find(position_id)); }
   ulong             IdOf(const ulong ticket) const;
   int               Add(const SPosition &position);
   void              Remove(const int index);
   void              Rename(const int index,const ulong ticket);
   bool              Turned(const int index);
   bool              TurnedTwice(const int index);
   bool              Over(const int index) const { return(m_items[index].over); }
   void              Get(const int index,SPosition &position) const { position=m_items[index].told; }
   void              AddTo(const int index,SDigest &digest) const { CStateDigest::Add(m_items[index].told,digest); }
   string            Symbol(const int index) const { return(m_items[index].told.symbol); }
   int               Difference(const int index,const ulong ticket,const bool thorough) const;
   ulong             Update(const int index,SPosition &position,const bool costs,int &changed);
   void              ReadCosts(const int index);
   void              ReadCostsAgain(const int index) { m_items[index].costs_tries=DTMS_COSTS_TRIES; }
   bool              CostsAreOpen(const int index) const { return(m_items[index].costs_tries>0); }
   bool              ReadDeals(const int index,CDealSums &sums) const;
   void              Seen(const int index,const ulong look);
   bool              WasSeen(const int index,const ulong look) const { return(m_items[index].look==look); }
   ulong             MissingMs(const int index,const ulong now_ms);
   bool              SameDealsAgain(const int index,const int deals);
  };

void CHeldPositions::Clear(void)
  {
   ArrayFree(m_items);
   m_by_ticket.Clear();
   m_by_id.Clear();
   ClearFormer();
  }

void CHeldPositions::ClearFormer(void)
  {
   for(int i=0; i<DTMS_FORMER_KEPT; i++)
     {
      m_former_tickets[i]=0;
      m_former_ids[i]=0;
     }
  }

//--- the identifier that belongs to a ticket, or did before it changed; 0: the ticket was never seen
ulong CHeldPositions::IdOf(const ulong ticket) const
  {
   int index=FindTicket(ticket);
   if(index>=0)
      return(m_items[index].told.position_id);
   for(int i=0; i<DTMS_FORMER_KEPT; i++)
      if(ticket!=0 && m_former_tickets[i]==ticket)
         return(m_former_ids[i]);
   return(0);
  }

//--- returns its place, -1 if there is no memory
int CHeldPositions::Add(const SPosition &position)
  {
   int index=ArraySize(m_items);
   if(!m_by_ticket.Put(position.ticket,index) || !m_by_id.Put(position.position_id,index)
      || ArrayResize(m_items,index+1,64)<index+1)
     {
      m_by_ticket.Remove(position.ticket);
      m_by_id.Remove(position.position_id);
      return(-1);
     }
   SHeldPosition fresh;
   fresh.told=position;
   m_items[index]=fresh;
   return(index);
  }

void CHeldPositions::Remove(const int index)
  {
   int last=ArraySize(m_items)-1;
   if(m_items[index].over)
      Remember(index);
   m_by_ticket.Remove(m_items[index].told.ticket);
   m_by_id.Remove(m_items[index].told.position_id);
   if(index<last)
     {
      m_items[index]=m_items[last];
      m_by_ticket.Put(m_items[index].told.ticket,index);
      m_by_id.Put(m_items[index].told.position_id,index);
     }
   if(ArrayResize(m_items,last)<last)
      return;
  }

//--- the same position under another ticket; the ticket that was told stays until the change is told
void CHeldPositions::Rename(const int index,const ulong ticket)
  {
   Remember(index);
   m_by_ticket.Remove(m_items[index].told.ticket);
   m_by_ticket.Put(ticket,index);
  }

//--- commands may still name the ticket that was told
void CHeldPositions::Remember(const int index)
  {
   m_former_tickets[m_former_next]=m_items[index].told.ticket;
   m_former_ids[m_former_next]=m_items[index].told.position_id;
   m_former_next=(m_former_next+1)%DTMS_FORMER_KEPT;
  }

//--- whether the selected position, which has its identifier, is on the other side: then this one is over
bool CHeldPositions::Turned(const int index)
  {
   if(CPositionReader::OtherSide(m_items[index].told))
      m_items[index].over=true;
   return(m_items[index].over);
  }

//--- whether reversals have ended it and brought its side back under another ticket
bool CHeldPositions::TurnedTwice(const int index)
  {
   CDealSums sums;
   if(m_items[index].began!=DTMS_BEGAN_UNKNOWN && ReadDeals(index,sums) && sums.turned)
      m_items[index].over=true;
   return(m_items[index].over);
  }

int CHeldPositions::Difference(const int index,const ulong ticket,const bool thorough) const
  {
   return(CPositionReader::Difference(ticket,m_items[index].told,thorough));
  }

//--- takes over what the terminal has now; with costs the deals are read too, and a difference is added to `changed`.
//--- Returns the command that made a closing deal which is not told yet, 0 for none of ours.
ulong CHeldPositions::Update(const int index,SPosition &position,const bool costs,int &changed)
  {
   ulong command=0;
   if(costs)
     {
      if((changed&DTMS_CHANGED_VOLUME)!=0)
         m_items[index].costs_tries=DTMS_COSTS_TRIES;
      double before=position.commission;
      command=CPositionReader::ReadCosts(position,m_items[index]);
      if(position.commission!=before)
         changed|=DTMS_CHANGED_COSTS;
     }
   m_items[index].told=position;
   return(command);
  }

//--- reads the deals of a position that is told as it is
void CHeldPositions::ReadCosts(const int index)
  {
   SPosition position;
   position=m_items[index].told;
   CPositionReader::ReadCosts(position,m_items[index]);
   m_items[index].told.commission=position.commission;
  }

//--- sums of its deals, closing ones since it was told last
bool CHeldPositions::ReadDeals(const int index,CDealSums &sums) const
  {
   return(sums.Read(m_items[index].told.position_id,m_items[index].told.side,m_items[index].began,m_items[index].last_deal));
  }

void CHeldPositions::Seen(const int index,const ulong look)
  {
   m_items[index].look=look;
   m_items[index].missing=false;
   m_items[index].missing_deals=-1;
  }

//--- how long it has been in no list; begins to count with the first question
ulong CHeldPositions::MissingMs(const int index,const ulong now_ms)
  {
   if(!m_items[index].missing)
     {
      m_items[index].missing=true;
      m_items[index].missing_ms=now_ms;
     }
   return(CElapsed::Ms(now_ms,m_items[index].missing_ms));
  }

//--- whether the look before found as many deals
bool CHeldPositions::SameDealsAgain(const int index,const int deals)
  {
   bool same=(m_items[index].missing_deals==deals);
   m_items[index].missing_deals=deals;
   return(same);
  }

#endif
//+------------------------------------------------------------------+
