//+------------------------------------------------------------------+
//| Backoff.mqh                                                      |
//| how long to wait before the next attempt                         |
//+------------------------------------------------------------------+
#ifndef DTMS_BACKOFF_MQH
#define DTMS_BACKOFF_MQH

//+------------------------------------------------------------------+
//| CBackoff: doubles from a least to a most (R25: 0.25 s to 8 s),   |
//| times a random factor from 0.5 to 1, so that terminals which     |
//| lost one bridge do not come back in step.                        |
//+------------------------------------------------------------------+
class CBackoff
  {
private:
   ulong             m_least_ms;
   ulong             m_most_ms;
   ulong             m_next_ms;

public:
                     CBackoff(void) : m_least_ms(250),m_most_ms(8000),m_next_ms(250) {}
   void              SetRange(const uint least_ms,const uint most_ms);
   void              Reset(void) { m_next_ms=m_least_ms; }
   ulong             Next(const double fraction);
  };

void CBackoff::SetRange(const uint least_ms,const uint most_ms)
  {
   m_least_ms=(least_ms>0 ? (ulong)least_ms : 1);
   m_most_ms=((ulong)most_ms>m_least_ms ? (ulong)most_ms : m_least_ms);
   Reset();
  }

//--- the wait before the next attempt, ms. `fraction`: random, from 0 to 1
ulong CBackoff::Next(const double fraction)
  {
   ulong wait=(ulong)((double)m_next_ms*(0.5+0.5*fraction));
   m_next_ms=(m_next_ms*2<m_most_ms ? m_next_ms*2 : m_most_ms);
   return(wait);
  }

#endif
//+------------------------------------------------------------------+
