//+------------------------------------------------------------------+
//| ListCheck.mqh                                                    |
//| whether the terminal has loaded the list of positions            |
//+------------------------------------------------------------------+
#ifndef DTMS_LIST_CHECK_MQH
#define DTMS_LIST_CHECK_MQH

#include "Elapsed.mqh"

#define DTMS_LIST_STABLE_MS  500    // the list must have kept its length for so long before it is believed
#define DTMS_LIST_BELIEVE_MS 60000  // an empty one that the account contradicts: margin may be blocked for something else

//+------------------------------------------------------------------+
//| CListCheck: a terminal that has just found its broker may say    |
//| that it is connected while its lists are still empty, or half    |
//| full. A list is believed when it has stood still, and one that   |
//| is empty only if the account has no margin and no profit either  |
//| (R15).                                                           |
//+------------------------------------------------------------------+
class CListCheck
  {
private:
   int               m_total;
   ulong             m_since_ms;

   static bool       Contradicted(const int total);

public:
                     CListCheck(void) : m_total(-1),m_since_ms(0) {}
   void              Restart(void) { m_total=-1; }
   bool              Settled(const ulong now_ms);
  };

//--- whether the list can be taken for what the account holds
bool CListCheck::Settled(const ulong now_ms)
  {
   int total=PositionsTotal();
   if(total!=m_total)
     {
      m_total=total;
      m_since_ms=now_ms;
     }
   ulong enough_ms=(Contradicted(total) ? DTMS_LIST_BELIEVE_MS : DTMS_LIST_STABLE_MS);
   return(CElapsed::Ms(now_ms,m_since_ms)>=enough_ms);
  }

//--- an account with margin or profit but without orders has positions
bool CListCheck::Contradicted(const int total)
  {
   return(total==0 && OrdersTotal()==0 && (AccountInfoDouble(ACCOUNT_MARGIN)>0.0 || AccountInfoDouble(ACCOUNT_PROFIT)!=0.0));
  }

#endif
//+------------------------------------------------------------------+
