//+------------------------------------------------------------------+
//| Silence.mqh                                                      |
//| how long the peer has been silent while we listened (R25)        |
//+------------------------------------------------------------------+
#ifndef DTMS_SILENCE_MQH
#define DTMS_SILENCE_MQH

#include "Rules.mqh"

//--- a pause of our own that is longer is no silence of the peer
#define DTMS_OWN_PAUSE_MS 500
//--- most that a peer's word of being busy is worth; the longest wait known in a terminal is 45 s
#define DTMS_MAX_BUSY_MS  60000

//+------------------------------------------------------------------+
//| CSilence: counts from the last frame, from the end of our own    |
//| pause, or from the time up to which the peer said it was busy.   |
//+------------------------------------------------------------------+
class CSilence
  {
private:
   ulong             m_test_after_ms;
   ulong             m_down_after_ms;
   ulong             m_from_ms;
   ulong             m_busy_until_ms;
   ulong             m_last_pump_ms;
   bool              m_tested;

public:
                     CSilence(void);
   void              SetLimits(const uint test_after_ms,const uint down_after_ms);
   void              Start(const ulong now_ms);
   ulong             OnPump(const ulong now_ms);
   void              OnFrame(const ulong now_ms);
   void              SetBusy(const ulong now_ms,const uint busy_ms);
   bool              TestDue(const ulong now_ms);
   ulong             Lasts(const ulong now_ms) const;
   bool              IsDown(const ulong now_ms) const { return(Lasts(now_ms)>=m_down_after_ms); }
  };

CSilence::CSilence(void) : m_test_after_ms(2500),m_down_after_ms(5000),m_from_ms(0),m_busy_until_ms(0),m_last_pump_ms(0),m_tested(false)
  {
  }

//--- ms of silence after which to ask, and after which the link is down
void CSilence::SetLimits(const uint test_after_ms,const uint down_after_ms)
  {
   m_test_after_ms=(test_after_ms>0 ? (ulong)test_after_ms : 1);
   m_down_after_ms=((ulong)down_after_ms>m_test_after_ms ? (ulong)down_after_ms : m_test_after_ms+1);
  }

//--- a connection begins
void CSilence::Start(const ulong now_ms)
  {
   m_last_pump_ms=now_ms;
   m_busy_until_ms=0;
   OnFrame(now_ms);
  }

//--- the program looks at the link again; returns the ms of a pause of our own, 0 if there was none. The socket is read before
//--- silence is judged, so what waited there counts as heard now.
ulong CSilence::OnPump(const ulong now_ms)
  {
   ulong pause=(now_ms>m_last_pump_ms ? now_ms-m_last_pump_ms : 0);
   m_last_pump_ms=now_ms;
   if(pause<=DTMS_OWN_PAUSE_MS || !DTMS_HOLDS(DTMS_RULE_STALL_DRAIN))
      return(0);
   OnFrame(now_ms);
   return(pause);
  }

//--- something was heard
void CSilence::OnFrame(const ulong now_ms)
  {
   m_from_ms=now_ms;
   m_tested=false;
  }

//--- the peer says how long it may be silent from now; 0 ends it
void CSilence::SetBusy(const ulong now_ms,const uint busy_ms)
  {
   m_busy_until_ms=now_ms+(ulong)(busy_ms<(uint)DTMS_MAX_BUSY_MS ? busy_ms : (uint)DTMS_MAX_BUSY_MS);
  }

//--- true once in each silence that is long enough
bool CSilence::TestDue(const ulong now_ms)
  {
   if(m_tested || Lasts(now_ms)<m_test_after_ms)
      return(false);
   m_tested=true;
   return(true);
  }

//--- ms of silence so far
ulong CSilence::Lasts(const ulong now_ms) const
  {
   ulong from=(m_busy_until_ms>m_from_ms ? m_busy_until_ms : m_from_ms);
   return(now_ms>from ? now_ms-from : 0);
  }

#endif
//+------------------------------------------------------------------+
