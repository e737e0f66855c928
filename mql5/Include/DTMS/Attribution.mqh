//+------------------------------------------------------------------+
//| Attribution.mqh                                                  |
//| which command changed the stops of a position                    |
//+------------------------------------------------------------------+
#ifndef DTMS_ATTRIBUTION_MQH
#define DTMS_ATTRIBUTION_MQH

#include "Elapsed.mqh"

#define DTMS_ACTS_KEPT    64
#define DTMS_ACT_LIFE_MS  60000  // a change seen later is not put down to the command any more
#define DTMS_SAME_PRICE   1e-9   // prices that went through the broker and came back

//--- one request of ours to set stop and target; 0: none
struct SAct
  {
   ulong             command_id;
   ulong             ticket;
   double            stop;
   double            target;
   ulong             at_ms;
  };

//+------------------------------------------------------------------+
//| CAttribution: deals carry our tag, changes of stops carry        |
//| nothing: they are known by ticket and values. What is not known  |
//| for sure is not claimed.                                         |
//+------------------------------------------------------------------+
class CAttribution
  {
private:
   SAct              m_acts[DTMS_ACTS_KEPT];
   int               m_next;

public:
                     CAttribution(void);
   void              Asked(const ulong command_id,const ulong ticket,const double stop,const double target,const ulong now_ms);
   ulong             CommandFor(const ulong ticket,const double stop,const double target,const ulong now_ms) const;
  };

CAttribution::CAttribution(void) : m_next(0)
  {
   for(int i=0; i<DTMS_ACTS_KEPT; i++)
     {
      m_acts[i].command_id=0;
      m_acts[i].ticket=0;
      m_acts[i].stop=0.0;
      m_acts[i].target=0.0;
      m_acts[i].at_ms=0;
     }
  }

//--- a request goes out
void CAttribution::Asked(const ulong command_id,const ulong ticket,const double stop,const double target,const ulong now_ms)
  {
   m_acts[m_next].command_id=command_id;
   m_acts[m_next].ticket=ticket;
   m_acts[m_next].stop=stop;
   m_acts[m_next].target=target;
   m_acts[m_next].at_ms=now_ms;
   m_next=(m_next+1)%DTMS_ACTS_KEPT;
  }

//--- the latest command that asked for exactly these levels; 0: none
ulong CAttribution::CommandFor(const ulong ticket,const double stop,const double target,const ulong now_ms) const
  {
   for(int back=1; back<=DTMS_ACTS_KEPT; back++)
     {
      int i=(m_next-back+DTMS_ACTS_KEPT)%DTMS_ACTS_KEPT;
      if(m_acts[i].command_id!=0 && m_acts[i].ticket==ticket && CElapsed::Ms(now_ms,m_acts[i].at_ms)<DTMS_ACT_LIFE_MS
         && MathAbs(m_acts[i].stop-stop)<DTMS_SAME_PRICE && MathAbs(m_acts[i].target-target)<DTMS_SAME_PRICE)
         return(m_acts[i].command_id);
     }
   return(0);
  }

#endif
//+------------------------------------------------------------------+
