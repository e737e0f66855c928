//+------------------------------------------------------------------+
//| OrderWatch.mqh                                                   |
//| the account's live orders, and what became of them               |
//+------------------------------------------------------------------+
#ifndef DTMS_ORDER_WATCH_MQH
#define DTMS_ORDER_WATCH_MQH

#include "Outbox.mqh"
#include "Tag.mqh"
#include "TicketIndex.mqh"

#define DTMS_ORDERS_REST_MS  1000   // orders are looked at at least this often
#define DTMS_ORDERS_TEXT     512
#define DTMS_ORDER_GONE_LOOKS 20    // looks for an order that is in no list before it is given up
#define DTMS_ORDER_ENDS_KEPT  256   // ends that were told, so that each is told once

struct SWatchedOrder
  {
   ulong             ticket;
   double            volume_current;
   double            price_open;
   int               missing;     // looks that did not find it live
   bool              told;        // as a live order

                     SWatchedOrder(void) : ticket(0),volume_current(0.0),price_open(0.0),missing(0),told(false) {}
  };

//+------------------------------------------------------------------+
//| COrderWatch: tells a live order when it is met and when it       |
//| differs, and its end once the history has it. Between the two    |
//| lists an order is in neither for an instant. A market order may  |
//| be in the history before it was seen live: transactions name it, |
//| and it is told if it bears our tag.                              |
//+------------------------------------------------------------------+
class COrderWatch
  {
private:
   COutbox          *m_pOutbox;
   SWatchedOrder     m_orders[];
   ulong             m_ended[DTMS_ORDER_ENDS_KEPT];
   int               m_ended_next;
   bool              m_woken;
   ulong             m_next_ms;

   int               Add(const ulong ticket);
   bool              HasEnded(const ulong ticket) const;
   int               Find(const ulong ticket) const;
   void              LookAtLive(const int index,const ulong ticket);
   bool              Ended(const int index);
   void              TellLive(const ulong ticket);
   void              TellEnd(const ulong ticket);
   void              Remove(const int index);

public:
                     COrderWatch(void);
   void              Init(COutbox *p_outbox);
   void              Wake(const ulong ticket);
   void              Accepted(const bool resume);
   void              Pump(const ulong now_ms);
  };

COrderWatch::COrderWatch(void) : m_pOutbox(NULL),m_ended_next(0),m_woken(true),m_next_ms(0)
  {
   for(int i=0; i<DTMS_ORDER_ENDS_KEPT; i++)
      m_ended[i]=0;
  }

void COrderWatch::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   Accepted(false);
  }

//--- a fresh session is told all live orders
void COrderWatch::Accepted(const bool resume)
  {
   if(resume)
      return;
   ArrayFree(m_orders);
   m_woken=true;
   m_next_ms=0;
  }

int COrderWatch::Find(const ulong ticket) const
  {
   for(int i=0; i<ArraySize(m_orders); i++)
      if(m_orders[i].ticket==ticket)
         return(i);
   return(-1);
  }

int COrderWatch::Add(const ulong ticket)
  {
   int place=ArraySize(m_orders);
   if(ArrayResize(m_orders,place+1,16)<=place)
      return(-1);
   m_orders[place].ticket=ticket;
   return(place);
  }

bool COrderWatch::HasEnded(const ulong ticket) const
  {
   for(int i=0; i<DTMS_ORDER_ENDS_KEPT; i++)
      if(m_ended[i]==ticket)
         return(true);
   return(false);
  }

//--- something happened; to this order, if the number is not 0
void COrderWatch::Wake(const ulong ticket)
  {
   m_woken=true;
   if(ticket!=0 && Find(ticket)<0 && !HasEnded(ticket) && Add(ticket)<0)
      m_next_ms=0;
  }

//--- looks when something happened, and once in a while
void COrderWatch::Pump(const ulong now_ms)
  {
   if(!m_woken && now_ms<m_next_ms)
      return;
   m_woken=false;
   m_next_ms=now_ms+DTMS_ORDERS_REST_MS;
   for(int i=0; i<ArraySize(m_orders); i++)
      m_orders[i].missing++;
   for(int i=OrdersTotal()-1; i>=0; i--)
     {
      ulong ticket=OrderGetTicket(i);
      if(ticket!=0)
         LookAtLive(Find(ticket),ticket);
     }
   for(int i=ArraySize(m_orders)-1; i>=0; i--)
      if(m_orders[i].missing>0 && Ended(i))
         Remove(i);
  }

void COrderWatch::LookAtLive(const int index,const ulong ticket)
  {
   double volume=CCodes::NotNegative(OrderGetDouble(ORDER_VOLUME_CURRENT));
   double price=CCodes::NotNegative(OrderGetDouble(ORDER_PRICE_OPEN));
   int place=(index<0 ? Add(ticket) : index);
   if(place<0)
      return;
   bool same=(m_orders[place].told && m_orders[place].volume_current==volume && m_orders[place].price_open==price);
   m_orders[place].told=true;
   m_orders[place].missing=0;
   m_orders[place].volume_current=volume;
   m_orders[place].price_open=price;
   if(!same)
      TellLive(ticket);
  }

//--- whether the history has the order; one that never appears there is given up
bool COrderWatch::Ended(const int index)
  {
   ulong ticket=m_orders[index].ticket;
   if(!HistoryOrderSelect(ticket))
      return(m_orders[index].missing>=DTMS_ORDER_GONE_LOOKS);
   if(m_orders[index].told || CTag::IsOurs((ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC)))
      TellEnd(ticket);
   m_ended[m_ended_next]=ticket;
   m_ended_next=(m_ended_next+1)%DTMS_ORDER_ENDS_KEPT;
   return(true);
  }

void COrderWatch::Remove(const int index)
  {
   int last=ArraySize(m_orders)-1;
   if(index<last)
      m_orders[index]=m_orders[last];
   if(ArrayResize(m_orders,last)<last)
      m_woken=true;
  }

//--- the order that OrderGetTicket has selected
void COrderWatch::TellLive(const ulong ticket)
  {
   SOrderSeen message;
   message.ts_event=CServerClock::ServerMs();
   message.order=ticket;
   message.position_id=(ulong)OrderGetInteger(ORDER_POSITION_ID);
   message.symbol=OrderGetString(ORDER_SYMBOL);
   message.order_type=CCodes::OrderType((ENUM_ORDER_TYPE)OrderGetInteger(ORDER_TYPE));
   message.state=CCodes::OrderState((ENUM_ORDER_STATE)OrderGetInteger(ORDER_STATE));
   message.volume_initial=CCodes::NotNegative(OrderGetDouble(ORDER_VOLUME_INITIAL));
   message.volume_current=CCodes::NotNegative(OrderGetDouble(ORDER_VOLUME_CURRENT));
   message.price_open=CCodes::NotNegative(OrderGetDouble(ORDER_PRICE_OPEN));
   message.magic=(ulong)OrderGetInteger(ORDER_MAGIC);
   message.comment=CCodes::Clip(OrderGetString(ORDER_COMMENT),DTMS_ORDERS_TEXT);
   if(StringLen(message.symbol)>0 && !m_pOutbox.SendOrder(message))
      m_woken=true;
  }

//--- the order that HistoryOrderSelect has selected
void COrderWatch::TellEnd(const ulong ticket)
  {
   SOrderSeen message;
   message.ts_event=CServerClock::ServerMs();
   message.order=ticket;
   message.position_id=(ulong)HistoryOrderGetInteger(ticket,ORDER_POSITION_ID);
   message.symbol=HistoryOrderGetString(ticket,ORDER_SYMBOL);
   message.order_type=CCodes::OrderType((ENUM_ORDER_TYPE)HistoryOrderGetInteger(ticket,ORDER_TYPE));
   message.state=CCodes::OrderState((ENUM_ORDER_STATE)HistoryOrderGetInteger(ticket,ORDER_STATE));
   message.volume_initial=CCodes::NotNegative(HistoryOrderGetDouble(ticket,ORDER_VOLUME_INITIAL));
   message.volume_current=CCodes::NotNegative(HistoryOrderGetDouble(ticket,ORDER_VOLUME_CURRENT));
   message.price_open=CCodes::NotNegative(HistoryOrderGetDouble(ticket,ORDER_PRICE_OPEN));
   message.magic=(ulong)HistoryOrderGetInteger(ticket,ORDER_MAGIC);
   message.comment=CCodes::Clip(HistoryOrderGetString(ticket,ORDER_COMMENT),DTMS_ORDERS_TEXT);
   if(StringLen(message.symbol)>0 && !m_pOutbox.SendOrder(message))
      m_woken=true;
  }

#endif
//+------------------------------------------------------------------+
