//+------------------------------------------------------------------+
//| TickCursor.mqh                                                   |
//| which quotes of a symbol have been taken                         |
//+------------------------------------------------------------------+
#ifndef DTMS_TICK_CURSOR_MQH
#define DTMS_TICK_CURSOR_MQH

#include "Elapsed.mqh"

#define DTMS_TICKS_A_CALL   2000  // quotes asked for at once, beside those that were taken
#define DTMS_TICK_BACK_MS   2000  // a last quote so far before those that were taken: the clock was put back, or one stamp was ahead
#define DTMS_TICK_PRIME_MS  1000  // a first call that failed is tried again after this time
#define DTMS_TICK_HUNG_MS   1000  // a call that lasts longer stops the whole program
#define DTMS_TICK_REST_MS   60000 // one that hung is tried again after this time, doubled with each further one
#define DTMS_TICK_REST_MAX_MS 960000
#define DTMS_TICK_ASK_MS    250   // CopyTicks is called this often even if nothing seems to have changed (R03)

//--- what a call of CTickCursor::Read found
#define DTMS_READ_FAILED    -1
#define DTMS_READ_ALL       0     // nothing more is waiting
#define DTMS_READ_MORE      1     // the call was full, more may be waiting

//+------------------------------------------------------------------+
//| CTickCursor: many quotes share one millisecond, so a place in    |
//| their row is (last ms, how many of that ms were taken). Asked    |
//| for from the last ms on, inclusive, and those that were taken    |
//| are skipped: no quote is lost, and none is taken twice. The      |
//| first call may block for most of a minute; while one that did so |
//| rests, the last quote alone is followed (R03).                   |
//+------------------------------------------------------------------+
class CTickCursor
  {
private:
   bool              m_started;
   bool              m_primed;
   bool              m_behind;      // the last quote stands before those that were taken
   bool              m_skip_all;    // of the last ms an unknown number was taken
   ulong             m_rest_ms;     // how long the first call rests; 0: it has not hung
   ulong             m_prime_ms;    // the first call is not made before
   long              m_last_msc;
   int               m_taken;
   MqlTick           m_seen;
   MqlTick           m_followed;
   ulong             m_asked_ms;
   long              m_gap_ms;

   bool              PutBack(const string symbol,MqlTick &tick);
   int               Follow(const MqlTick &tick,MqlTick &ticks[]);
   int               Sift(MqlTick &ticks[],const int total);
   void              Advance(const long msc);

public:
                     CTickCursor(void);
   void              Restart(void);
   void              Forget(void);
   bool              Started(void) const { return(m_started); }
   bool              Primed(void) const { return(m_primed); }
   bool              Start(const string symbol);
   bool              Due(const string symbol,const ulong now_ms);
   bool              PrimeDue(const ulong now_ms) const { return(!m_primed && now_ms>=m_prime_ms); }
   void              PrimeTook(const ulong took_ms,const ulong now_ms);
   bool              Hung(void) const { return(m_rest_ms>0); }
   int               FollowLast(const string symbol,MqlTick &ticks[]);
   int               Read(const string symbol,const ulong now_ms,MqlTick &ticks[],int &fresh);
   long              TakeGapMs(void);
  };

CTickCursor::CTickCursor(void) : m_started(false),m_primed(false),m_behind(false),m_skip_all(false),m_rest_ms(0),m_prime_ms(0),m_last_msc(0),
   m_taken(0),m_asked_ms(0),m_gap_ms(0)
  {
   ZeroMemory(m_seen);
   ZeroMemory(m_followed);
  }

//--- leaves off; the next Start begins at the quote that is there then, and behind it if it was taken
void CTickCursor::Restart(void)
  {
   m_started=false;
   m_primed=false;
   m_behind=false;
   m_asked_ms=0;
   m_gap_ms=0;
  }

//--- begins anew with nothing taken
void CTickCursor::Forget(void)
  {
   Restart();
   m_skip_all=false;
   m_rest_ms=0;
   m_prime_ms=0;
   m_last_msc=0;
   m_taken=0;
   ZeroMemory(m_followed);
  }

//--- stands before the last quote there is; false: there is none yet
bool CTickCursor::Start(const string symbol)
  {
   MqlTick tick={};
   if(!SymbolInfoTick(symbol,tick) || tick.time_msc<=0)
      return(false);
   m_started=true;
   if(tick.time_msc==m_last_msc)
      return(true);
   m_last_msc=tick.time_msc;
   m_taken=0;
   m_skip_all=false;
   return(true);
  }

//--- whether CopyTicks is worth its price: the last quote is another one, or it is time
bool CTickCursor::Due(const string symbol,const ulong now_ms)
  {
   if(CElapsed::Ms(now_ms,m_asked_ms)>=DTMS_TICK_ASK_MS)
      return(true);
   MqlTick tick={};
   if(!SymbolInfoTick(symbol,tick))
      return(false);
   bool same=(tick.time_msc==m_seen.time_msc && tick.bid==m_seen.bid && tick.ask==m_seen.ask && tick.last==m_seen.last
              && tick.volume_real==m_seen.volume_real && tick.flags==m_seen.flags);
   m_seen=tick;
   return(!same);
  }

//--- how long the first call took; one that brought nothing is made again after a while, counted from its end
void CTickCursor::PrimeTook(const ulong took_ms,const ulong now_ms)
  {
   if(m_primed)
     {
      m_rest_ms=0;
      m_prime_ms=0;
      return;
     }
   if(took_ms<=DTMS_TICK_HUNG_MS)
     {
      m_prime_ms=now_ms+DTMS_TICK_PRIME_MS;
      return;
     }
   m_rest_ms=(m_rest_ms==0 ? DTMS_TICK_REST_MS : MathMin(2*m_rest_ms,(ulong)DTMS_TICK_REST_MAX_MS));
   m_prime_ms=now_ms+m_rest_ms;
  }

//--- while the first call rests: the last quote, if it is another one
int CTickCursor::FollowLast(const string symbol,MqlTick &ticks[])
  {
   MqlTick last={};
   if(m_primed || !SymbolInfoTick(symbol,last) || last.time_msc<=0 || Follow(last,ticks)==0)
      return(0);
   m_last_msc=last.time_msc;
   m_taken=1;
   m_skip_all=true;
   return(1);
  }

//--- takes what has come: the first `fresh` elements of the array, oldest first
int CTickCursor::Read(const string symbol,const ulong now_ms,MqlTick &ticks[],int &fresh)
  {
   fresh=0;
   m_asked_ms=now_ms;
   MqlTick last={};
   if(PutBack(symbol,last))
     {
      fresh=Follow(last,ticks);
      return(DTMS_READ_ALL);
     }
   int wanted=m_taken+DTMS_TICKS_A_CALL;
   int total=CopyTicks(symbol,ticks,COPY_TICKS_ALL,(ulong)m_last_msc,(uint)wanted);
   if(total<0)
      return(DTMS_READ_FAILED);
   if(total>0)
      m_primed=true;
   fresh=Sift(ticks,total);
   return(total>=wanted ? DTMS_READ_MORE : DTMS_READ_ALL);
  }

//--- whether the last quote stands before those that were taken: the server's clock was put back, as in autumn, or one
//--- quote was stamped ahead of its time. What is a little out of order is not; once it is so, it is until it has caught up.
bool CTickCursor::PutBack(const string symbol,MqlTick &tick)
  {
   if(m_taken==0 || !SymbolInfoTick(symbol,tick) || tick.time_msc<=0)
      return(false);
   m_behind=(tick.time_msc<m_last_msc-(m_behind ? 0 : DTMS_TICK_BACK_MS));
   return(m_behind);
  }

//--- until it has caught up the terminal's row is in disorder; only its last quote is sure, and some may be missed
int CTickCursor::Follow(const MqlTick &tick,MqlTick &ticks[])
  {
   bool same=(tick.time_msc==m_followed.time_msc && tick.bid==m_followed.bid && tick.ask==m_followed.ask && tick.last==m_followed.last);
   if(same || ArrayResize(ticks,1,DTMS_TICKS_A_CALL)<1)
      return(0);
   m_followed=tick;
   ticks[0]=tick;
   m_gap_ms=1;
   return(1);
  }

//--- moves the quotes that were not taken before to the front, and the place behind them
int CTickCursor::Sift(MqlTick &ticks[],const int total)
  {
   long from_msc=m_last_msc;
   int skip=m_taken;
   int fresh=0;
   for(int i=0; i<total; i++)
     {
      long msc=ticks[i].time_msc;
      if(msc<from_msc)
         continue;
      if(msc==from_msc && (skip>0 || m_skip_all))
        {
         if(skip>0)
            skip--;
         else
            m_taken++;
         continue;
        }
      if(fresh!=i)
         ticks[fresh]=ticks[i];
      fresh++;
      Advance(msc);
     }
   if(total>0)
      m_skip_all=false;
//--- quotes that were taken are not there any more: the terminal's memory begins later than where we stood
   if(skip>0 && fresh>0)
      m_gap_ms=(ticks[0].time_msc>from_msc ? ticks[0].time_msc-from_msc : 1);
   return(fresh);
  }

void CTickCursor::Advance(const long msc)
  {
   if(msc==m_last_msc)
      m_taken++;
   if(msc>m_last_msc)
     {
      m_last_msc=msc;
      m_taken=1;
     }
  }

//--- how long a stretch of quotes is missing before those just read; 0: none is
long CTickCursor::TakeGapMs(void)
  {
   long gap_ms=m_gap_ms;
   m_gap_ms=0;
   return(gap_ms);
  }

#endif
//+------------------------------------------------------------------+
