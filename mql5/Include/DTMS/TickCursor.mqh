//+------------------------------------------------------------------+
//| TickCursor.mqh                                                   |
//| which quotes of a symbol have been taken                         |
//+------------------------------------------------------------------+
#ifndef DTMS_TICK_CURSOR_MQH
#define DTMS_TICK_CURSOR_MQH

#include "Elapsed.mqh"

#define DTMS_TICKS_A_CALL   2000  // quotes asked for at once, beside those that were taken
#define DTMS_TICKS_BEHIND     512   // of the last quotes, asked for by number while their times are in disorder
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
   MqlTick           m_followed;    // the last that was taken
   ulong             m_asked_ms;
   long              m_gap_ms;

   bool              PutBack(const string symbol,MqlTick &tick);
   int               Follow(const string symbol,const MqlTick &tick,MqlTick &ticks[]);
   int               TakeLast(const MqlTick &tick,MqlTick &ticks[]);
   void              CatchUp(const MqlTick &ticks[],const int total,const int fresh);
   static bool       Same(const MqlTick &a,const MqlTick &b);
   static int        Find(const MqlTick &tick,const MqlTick &ticks[],const int total);
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
   bool same=(Same(tick,m_seen) && tick.flags==m_seen.flags);
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
   if(m_primed || !SymbolInfoTick(symbol,last) || last.time_msc<=0 || TakeLast(last,ticks)==0)
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
   bool behind=m_behind;
   if(PutBack(symbol,last) || (behind && last.time_msc>0))
     {
      fresh=Follow(symbol,last,ticks);
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

//--- Until it has caught up, times say nothing about the order of the terminal's row. It is asked for by number then, and what
//--- stands behind the last one that was taken is fresh. A row without that one, or without the last quote, is not in the order
//--- of its coming: only the last quote is sure, and some may be missed.
int CTickCursor::Follow(const string symbol,const MqlTick &tick,MqlTick &ticks[])
  {
   int total=CopyTicks(symbol,ticks,COPY_TICKS_ALL,0,DTMS_TICKS_BEHIND);
   int place=Find(m_followed,ticks,total);
   if(place<0 || Find(tick,ticks,total)<place)
     {
      int taken=TakeLast(tick,ticks);
      CatchUp(ticks,taken,taken);
      return(taken);
     }
   int fresh=total-1-place;
   if(fresh>0)
      m_followed=ticks[total-1];
   CatchUp(ticks,total,fresh);
   for(int i=0; i<fresh; i++)
      ticks[i]=ticks[place+1+i];
   return(fresh);
  }

//--- once the last quote is later than all before the clock was put back, the next call asks by time again
void CTickCursor::CatchUp(const MqlTick &ticks[],const int total,const int fresh)
  {
   if(m_behind || fresh==0)
      return;
   m_last_msc=ticks[total-1].time_msc;
   m_taken=0;
   for(int i=total-1; i>=0 && ticks[i].time_msc==m_last_msc; i--)
      m_taken++;
   m_skip_all=(total==fresh);
  }

//--- the last quote alone, if it is another one
int CTickCursor::TakeLast(const MqlTick &tick,MqlTick &ticks[])
  {
   if(Same(tick,m_followed) || ArrayResize(ticks,1,DTMS_TICKS_A_CALL)<1)
      return(0);
   m_followed=tick;
   m_gap_ms=1;
   ticks[0]=tick;
   return(1);
  }

bool CTickCursor::Same(const MqlTick &a,const MqlTick &b)
  {
   return(a.time_msc==b.time_msc && a.bid==b.bid && a.ask==b.ask && a.last==b.last && a.volume_real==b.volume_real);
  }

//--- where the quote stands in the row, the last place if it stands there twice; -1: nowhere
int CTickCursor::Find(const MqlTick &tick,const MqlTick &ticks[],const int total)
  {
   for(int i=total-1; i>=0; i--)
      if(Same(tick,ticks[i]))
         return(i);
   return(-1);
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
   if(fresh>0)
      m_followed=ticks[fresh-1];
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
