//+------------------------------------------------------------------+
//| ServerClock.mqh                                                  |
//| how far the broker's clock is from UTC (R28)                     |
//+------------------------------------------------------------------+
#ifndef DTMS_SERVER_CLOCK_MQH
#define DTMS_SERVER_CLOCK_MQH

#include "Messages.mqh"

#define DTMS_CLOCK_STEP_S       900     // offsets are multiples of a quarter of an hour
#define DTMS_CLOCK_AWAY_S       120     // farther from a multiple: one of the clocks is wrong
#define DTMS_CLOCK_LOWEST_S     -43200  // UTC-12
#define DTMS_CLOCK_HIGHEST_S    50400   // UTC+14
#define DTMS_CLOCK_EQUAL        3       // equal samples before an offset is believed
#define DTMS_CLOCK_SAMPLE_MS    1000    // time between samples: until a change is believed, times are taken by the offset before

//+------------------------------------------------------------------+
//| CServerClock: samples server time minus UTC. Brokers change to   |
//| summer time without saying so, and an offset that is not known   |
//| is never guessed.                                                |
//+------------------------------------------------------------------+
class CServerClock
  {
private:
   bool              m_known;
   long              m_offset_s;
   bool              m_sampled;
   long              m_sample_s;
   int               m_equal;
   ulong             m_next_ms;
   bool              m_changed;
   SClockOffset      m_change;

   static bool       Measure(long &offset_s);
   void              Believe(const long offset_s);

public:
                     CServerClock(void);
   void              Pump(const ulong now_ms);
   bool              Known(void) const { return(m_known); }
   long              OffsetSeconds(void) const { return(m_offset_s); }
   bool              TakeChange(SClockOffset &change);
   static long       ServerMs(void);
  };

CServerClock::CServerClock(void) : m_known(false),m_offset_s(0),m_sampled(false),m_sample_s(0),m_equal(0),m_next_ms(0),m_changed(false)
  {
  }

//--- raw server time in ms, as the wire wants it
long CServerClock::ServerMs(void)
  {
   long seconds=(long)TimeTradeServer();
   return(seconds>0 ? seconds*1000 : 0);
  }

//--- takes a sample when one is due
void CServerClock::Pump(const ulong now_ms)
  {
   if(now_ms<m_next_ms)
      return;
   long offset_s=0;
   if(!Measure(offset_s))
     {
      m_sampled=false;
      m_next_ms=now_ms+DTMS_CLOCK_SAMPLE_MS;
      return;
     }
   m_equal=(m_sampled && offset_s==m_sample_s ? m_equal+1 : 1);
   m_sampled=true;
   m_sample_s=offset_s;
   if(m_equal>=DTMS_CLOCK_EQUAL && (!m_known || offset_s!=m_offset_s))
      Believe(offset_s);
   m_next_ms=now_ms+DTMS_CLOCK_SAMPLE_MS;
  }

//--- one sample; false: one of the clocks cannot be right
bool CServerClock::Measure(long &offset_s)
  {
   long server_s=(long)TimeTradeServer();
   long utc_s=(long)TimeGMT();
   if(server_s<=0 || utc_s<=0)
      return(false);
   long raw=server_s-utc_s;
   long steps=(long)MathFloor((double)raw/DTMS_CLOCK_STEP_S+0.5);
   long away=raw-steps*DTMS_CLOCK_STEP_S;
   if(away>DTMS_CLOCK_AWAY_S || away<-DTMS_CLOCK_AWAY_S)
      return(false);
   offset_s=steps*DTMS_CLOCK_STEP_S;
   return(offset_s>=DTMS_CLOCK_LOWEST_S && offset_s<=DTMS_CLOCK_HIGHEST_S);
  }

void CServerClock::Believe(const long offset_s)
  {
   m_change.has_before_s=m_known;
   m_change.before_s=m_offset_s;
   m_change.utc_offset_s=offset_s;
   m_change.ts_event=(m_known ? ((long)TimeGMT()+m_offset_s)*1000 : ServerMs());
   m_changed=true;
   m_known=true;
   m_offset_s=offset_s;
  }

//--- hands the last change out, once
bool CServerClock::TakeChange(SClockOffset &change)
  {
   if(!m_changed)
      return(false);
   m_changed=false;
   change=m_change;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
