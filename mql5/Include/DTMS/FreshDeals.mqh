//+------------------------------------------------------------------+
//| FreshDeals.mqh                                                   |
//| deals that the terminal's list of positions may not show yet     |
//+------------------------------------------------------------------+
#ifndef DTMS_FRESH_DEALS_MQH
#define DTMS_FRESH_DEALS_MQH

#include "Codes.mqh"
#include "DealSums.mqh"
#include "Elapsed.mqh"

#define DTMS_FRESH_LIFE_MS 60000  // a terminal that has not shown a deal by then has lost it

//--- lots of a position were closed by us
struct SFreshDeal
  {
   ulong             ticket;
   ulong             deal;     // 0: the broker did not say
   double            leaves;   // lots of the position after it
   ulong             at_ms;
  };

//+------------------------------------------------------------------+
//| CFreshDeals: an answer may come before the position that it made |
//| smaller. Another deal that is reckoned from the old volume would |
//| be too large, and where a symbol has one position and the server |
//| does not look at the position of a request it would go through   |
//| zero. So none leaves until the list shows the deal.              |
//+------------------------------------------------------------------+
class CFreshDeals
  {
private:
   SFreshDeal        m_deals[];

   static bool       IsShown(const SFreshDeal &fresh);
   void              Remove(const int index);

public:
   void              Made(const ulong ticket,const ulong deal,const double leaves,const ulong now_ms);
   bool              Shown(const ulong ticket,const ulong now_ms);
  };

//--- the broker has closed lots of a position
void CFreshDeals::Made(const ulong ticket,const ulong deal,const double leaves,const ulong now_ms)
  {
   int total=ArraySize(m_deals);
   if(ticket==0 || ArrayResize(m_deals,total+1,16)<=total)
      return;
   m_deals[total].ticket=ticket;
   m_deals[total].deal=deal;
   m_deals[total].leaves=leaves;
   m_deals[total].at_ms=now_ms;
  }

//--- whether the list shows all that we have done to the position
bool CFreshDeals::Shown(const ulong ticket,const ulong now_ms)
  {
   bool shown=true;
   for(int i=ArraySize(m_deals)-1; i>=0; i--)
     {
      if(CElapsed::Ms(now_ms,m_deals[i].at_ms)>=DTMS_FRESH_LIFE_MS)
        {
         Remove(i);
         continue;
        }
//--- a position that is in no list at this instant proves nothing
      if(m_deals[i].ticket!=ticket || !PositionSelectByTicket(ticket))
         continue;
      if(IsShown(m_deals[i]))
         Remove(i);
      else
         shown=false;
     }
   return(shown);
  }

//--- no more than was left; or more, if somebody has enlarged it since: then all deals together account for it
bool CFreshDeals::IsShown(const SFreshDeal &fresh)
  {
   double volume=CCodes::NotNegative(PositionGetDouble(POSITION_VOLUME));
   if(volume<=fresh.leaves+DTMS_VOLUME_NOISE)
      return(true);
   int side=CCodes::Side((ENUM_POSITION_TYPE)PositionGetInteger(POSITION_TYPE));
   CDealSums sums;
   return(fresh.deal!=0 && sums.Read((ulong)PositionGetInteger(POSITION_IDENTIFIER),side,DTMS_BEGAN_UNKNOWN,0)
          && sums.last_deal>=fresh.deal && sums.Accounts(side,volume));
  }

void CFreshDeals::Remove(const int index)
  {
   int last=ArraySize(m_deals)-1;
   m_deals[index]=m_deals[last];
   if(ArrayResize(m_deals,last)<last)
      return;
  }

#endif
//+------------------------------------------------------------------+
