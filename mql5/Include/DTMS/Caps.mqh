//+------------------------------------------------------------------+
//| Caps.mqh                                                         |
//| the hard limits of the inputs (R24)                              |
//+------------------------------------------------------------------+
#ifndef DTMS_CAPS_MQH
#define DTMS_CAPS_MQH

#include "Elapsed.mqh"
#include "Command.mqh"
#include "Tag.mqh"

#define DTMS_CAP_SPAN_MS   60000
#define DTMS_CAP_LOT_NOISE 1e-9
#define DTMS_CAP_APPEAR_MS 5000   // how long an opened position may take to appear in the terminal's list

//--- a position that the broker has opened for us a moment ago
struct SOpenedLots
  {
   ulong             magic;
   double            lots;
   ulong             at_ms;
   bool              seen;
  };

//+------------------------------------------------------------------+
//| CCaps: no message can raise them. The numbers never hold back a  |
//| reduction; that an operation is switched off does.               |
//+------------------------------------------------------------------+
class CCaps
  {
private:
   double            m_max_open_lots;
   int               m_max_orders;
   int               m_operations;
   bool              m_modify_alone;
   bool              m_close_alone;
   string            m_symbols[];
   ulong             m_requests_ms[];
   SOpenedLots       m_opened[];

   int               RequestsInSpan(const ulong now_ms);
   bool              SymbolAllowed(const string symbol) const;
   double            OwnLots(const ulong now_ms);
   void              MarkSeen(const ulong magic);
   double            UnseenLots(const ulong now_ms);

public:
                     CCaps(void);
   void              Init(const double max_open_lots,const int max_orders,const bool allow_modify,const bool allow_reduce,
                          const string &symbols[]);
   void              Alone(const bool modify,const bool close);
   bool              ModifiesAlone(void) const { return(m_modify_alone && (m_operations&DTMS_OPERATION_MODIFY)!=0); }
   bool              ClosesAlone(void) const { return(m_close_alone && (m_operations&DTMS_OPERATION_REDUCE)!=0); }
   void              Fill(SCaps &caps) const;
   int               Check(const SCommand &command,const double lots_on_the_way,const ulong now_ms);
   void              Requested(const ulong now_ms);
   void              Opened(const ulong magic,const double lots,const ulong now_ms);
  };

CCaps::CCaps(void) : m_max_open_lots(0.0),m_max_orders(0),m_operations(0),m_modify_alone(false),m_close_alone(false)
  {
  }

void CCaps::Init(const double max_open_lots,const int max_orders,const bool allow_modify,const bool allow_reduce,const string &symbols[])
  {
   m_max_open_lots=(MathIsValidNumber(max_open_lots) && max_open_lots>0.0 ? MathMin(max_open_lots,DTMS_MAX_LOTS) : 0.0);
   m_max_orders=(max_orders>0 ? max_orders : 0);
   m_operations=0;
   if(allow_modify)
      m_operations|=DTMS_OPERATION_MODIFY;
   if(allow_reduce)
      m_operations|=DTMS_OPERATION_REDUCE|DTMS_OPERATION_CLOSE_BY;
   if(m_max_open_lots>0.0)
      m_operations|=DTMS_OPERATION_OPEN;
   ArrayFree(m_symbols);
   if(ArraySize(symbols)>0 && ArrayCopy(m_symbols,symbols)<ArraySize(symbols))
      m_operations&=~DTMS_OPERATION_OPEN;
  }

//--- what may be done without a command (R27); what may not be done with one may not either
void CCaps::Alone(const bool modify,const bool close)
  {
   m_modify_alone=modify;
   m_close_alone=close;
  }

//--- what the logon says
void CCaps::Fill(SCaps &caps) const
  {
   caps.max_open_lots=m_max_open_lots;
   caps.max_orders_per_minute=(uint)m_max_orders;
   caps.operations=m_operations;
   ArrayFree(caps.symbols);
   if(ArraySize(m_symbols)>0 && ArrayCopy(caps.symbols,m_symbols)<ArraySize(m_symbols))
      caps.operations&=~DTMS_OPERATION_OPEN;
   caps.allow_autonomous_modify=ModifiesAlone();
   caps.allow_autonomous_close=ClosesAlone();
  }

//--- the Why that forbids the command, DTMS_WHY_NONE if nothing does. Lots of openings under way count as open.
int CCaps::Check(const SCommand &command,const double lots_on_the_way,const ulong now_ms)
  {
   bool opens=(command.kind==DTMS_MSG_OPEN_POSITION);
   if(opens && m_max_open_lots<=0.0)
      return(DTMS_WHY_CAP_LOTS);
   if((m_operations&CCommands::Operation(command))==0)
      return(DTMS_WHY_CAP_OPERATION);
   if(CCommands::Reduces(command))
      return(DTMS_WHY_NONE);
   if(opens && !SymbolAllowed(command.symbol))
      return(DTMS_WHY_CAP_SYMBOL);
   if(opens && OwnLots(now_ms)+lots_on_the_way+command.volume>m_max_open_lots+DTMS_CAP_LOT_NOISE)
      return(DTMS_WHY_CAP_LOTS);
   return(RequestsInSpan(now_ms)>=m_max_orders ? DTMS_WHY_CAP_ORDERS : DTMS_WHY_NONE);
  }

//--- a request leaves, of whatever kind
void CCaps::Requested(const ulong now_ms)
  {
   int total=RequestsInSpan(now_ms);
   if(ArrayResize(m_requests_ms,total+1,64)>total)
      m_requests_ms[total]=now_ms;
  }

//--- how many left in the last minute; forgets the older ones
int CCaps::RequestsInSpan(const ulong now_ms)
  {
   int total=ArraySize(m_requests_ms);
   int kept=0;
   for(int i=0; i<total; i++)
      if(CElapsed::Ms(now_ms,m_requests_ms[i])<DTMS_CAP_SPAN_MS)
        {
         m_requests_ms[kept]=m_requests_ms[i];
         kept++;
        }
   return(ArrayResize(m_requests_ms,kept)==kept ? kept : total);
  }

bool CCaps::SymbolAllowed(const string symbol) const
  {
   int total=ArraySize(m_symbols);
   for(int i=0; i<total; i++)
      if(m_symbols[i]==symbol)
         return(true);
   return(total==0);
  }

//--- lots of positions and orders that bear our tag, and of openings that are not in the list yet
double CCaps::OwnLots(const ulong now_ms)
  {
   double lots=0.0;
   for(int i=PositionsTotal()-1; i>=0; i--)
     {
      if(PositionGetTicket(i)==0)
         continue;
      ulong magic=(ulong)PositionGetInteger(POSITION_MAGIC);
      if(!CTag::IsOurs(magic))
         continue;
      lots+=PositionGetDouble(POSITION_VOLUME);
      MarkSeen(magic);
     }
   for(int i=OrdersTotal()-1; i>=0; i--)
     {
      if(OrderGetTicket(i)==0)
         continue;
      ulong magic=(ulong)OrderGetInteger(ORDER_MAGIC);
      if(CTag::IsOurs(magic) && CTag::KindOf(magic)!=DTMS_OPEN_KIND_REDUCE)
         lots+=OrderGetDouble(ORDER_VOLUME_CURRENT);
     }
   return(lots+UnseenLots(now_ms));
  }

//--- the broker has opened a position for us
void CCaps::Opened(const ulong magic,const double lots,const ulong now_ms)
  {
   int total=ArraySize(m_opened);
   if(ArrayResize(m_opened,total+1,16)<=total)
      return;
   m_opened[total].magic=magic;
   m_opened[total].lots=lots;
   m_opened[total].at_ms=now_ms;
   m_opened[total].seen=false;
  }

void CCaps::MarkSeen(const ulong magic)
  {
   for(int i=0; i<ArraySize(m_opened); i++)
      if(m_opened[i].magic==magic)
         m_opened[i].seen=true;
  }

//--- lots that are open and not in the list; forgets what has appeared, or had time to
double CCaps::UnseenLots(const ulong now_ms)
  {
   double lots=0.0;
   int total=ArraySize(m_opened);
   int kept=0;
   for(int i=0; i<total; i++)
     {
      if(m_opened[i].seen || CElapsed::Ms(now_ms,m_opened[i].at_ms)>=DTMS_CAP_APPEAR_MS)
         continue;
      lots+=m_opened[i].lots;
      m_opened[kept]=m_opened[i];
      kept++;
     }
   if(ArrayResize(m_opened,kept)<kept)
      ArrayFree(m_opened);
   return(lots);
  }

#endif
//+------------------------------------------------------------------+
