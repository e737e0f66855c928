//+------------------------------------------------------------------+
//| Schedule.mqh                                                     |
//| something that is due again and again                            |
//+------------------------------------------------------------------+
#ifndef DTMS_SCHEDULE_MQH
#define DTMS_SCHEDULE_MQH

//+------------------------------------------------------------------+
//| CSchedule: due every so many ms, counted from the beginning and  |
//| not from the last time, so that a coarse timer makes no drift.   |
//| What was missed in a pause is due once, not in a burst.          |
//+------------------------------------------------------------------+
class CSchedule
  {
private:
   ulong             m_interval_ms;
   ulong             m_next_ms;

public:
                     CSchedule(void) : m_interval_ms(1000),m_next_ms(0) {}
   void              Start(const ulong now_ms,const uint interval_ms);
   bool              Due(const ulong now_ms);
  };

//--- first due one interval from now
void CSchedule::Start(const ulong now_ms,const uint interval_ms)
  {
   m_interval_ms=(interval_ms>0 ? (ulong)interval_ms : 1);
   m_next_ms=now_ms+m_interval_ms;
  }

//--- true once for each time that it is due
bool CSchedule::Due(const ulong now_ms)
  {
   if(now_ms<m_next_ms)
      return(false);
   m_next_ms+=m_interval_ms*(1+(now_ms-m_next_ms)/m_interval_ms);
   return(true);
  }

#endif
//+------------------------------------------------------------------+
