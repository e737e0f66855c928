//+------------------------------------------------------------------+
//| CheckFeed.mqh                                                    |
//| the broker's clock and its quotes                                |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_FEED_MQH
#define DTMS_CHECK_FEED_MQH

#include "CheckReport.mqh"
#include "ServerClock.mqh"

#define DTMS_CHECK_TICKS   2000
#define DTMS_CHECK_SAMPLES 6      // one a second; three equal ones are wanted

//+------------------------------------------------------------------+
//| CCheckFeed: what the cursor over a symbol's quotes relies on     |
//+------------------------------------------------------------------+
class CCheckFeed
  {
private:
   string            m_symbol;
   MqlTick           m_ticks[];
   int               m_total;

   static bool       Same(const MqlTick &a,const MqlTick &b);
   static void       SkipRest(CCheckReport &report,const string reason);
   bool              First(CCheckReport &report);
   string            OrderFault(void) const;
   string            AgainFault(void);
   string            TwinFault(const int from);
   int               Twins(void) const;
   static void       Offset(CCheckReport &report);
   void              Quotes(CCheckReport &report);

public:
                     CCheckFeed(void) : m_symbol(""),m_total(0) {}
   void              Run(CCheckReport &report,const string symbol);
  };

void CCheckFeed::Run(CCheckReport &report,const string symbol)
  {
   MqlTick last={};
   m_symbol=symbol;
   Offset(report);
   if(!SymbolSelect(m_symbol,true) || !SymbolInfoTick(m_symbol,last))
     {
      string reason="no quote of \""+m_symbol+"\": log on and open its chart";
      report.Skip("ticks are read",reason);
      SkipRest(report,reason);
      return;
     }
   if(First(report))
      Quotes(report);
   else
      SkipRest(report,"no ticks");
  }

void CCheckFeed::SkipRest(CCheckReport &report,const string reason)
  {
   report.Skip("ticks in order",reason);
   report.Skip("ticks twice the same",reason);
   report.Skip("ticks of one millisecond",reason);
  }

//--- server time minus UTC, as the Expert Advisor measures it
void CCheckFeed::Offset(CCheckReport &report)
  {
   CServerClock clock;
   for(int i=0; i<DTMS_CHECK_SAMPLES && !clock.Known(); i++)
     {
      clock.Pump(GetTickCount64());
      if(!clock.Known())
         Sleep(1000);
     }
   report.Check("server clock",clock.Known(),"no three equal samples near a quarter of an hour: TimeTradeServer "+
                TimeToString(TimeTradeServer(),TIME_DATE|TIME_SECONDS)+", TimeGMT "+TimeToString(TimeGMT(),TIME_DATE|TIME_SECONDS));
   if(clock.Known())
      report.Note("server clock",StringFormat("UTC %+d s",(int)clock.OffsetSeconds()));
  }

//--- the first read of a symbol is the one that may block
bool CCheckFeed::First(CCheckReport &report)
  {
   ulong began_ms=GetTickCount64();
   ResetLastError();
   m_total=CopyTicks(m_symbol,m_ticks,COPY_TICKS_ALL,0,DTMS_CHECK_TICKS);
   int code=GetLastError();
   report.Check("ticks are read",m_total>0,StringFormat("CopyTicks of %s gives %d, error %d",m_symbol,m_total,code));
   report.Note("ticks are read",StringFormat("%d ticks of %s in %I64u ms",m_total,m_symbol,GetTickCount64()-began_ms));
   return(m_total>0);
  }

void CCheckFeed::Quotes(CCheckReport &report)
  {
   string fault=OrderFault();
   report.Check("ticks in order",fault=="",fault);
   fault=AgainFault();
   report.Check("ticks twice the same",fault=="",fault);
   int twins=Twins();
   if(twins<0)
     {
      report.Skip("ticks of one millisecond",StringFormat("no two of the last %d share one; try a busier symbol or hour",m_total));
      return;
     }
   fault=TwinFault(twins);
   report.Check("ticks of one millisecond",fault=="",fault);
  }

//--- oldest first
string CCheckFeed::OrderFault(void) const
  {
   for(int i=1; i<m_total; i++)
      if(m_ticks[i].time_msc<m_ticks[i-1].time_msc)
         return(StringFormat("number %d of %d is older than the one before it",i,m_total));
   return("");
  }

//--- two reads from the oldest one on give the same; the later one may be longer
string CCheckFeed::AgainFault(void)
  {
   MqlTick once[];
   MqlTick twice[];
   ulong from_msc=(ulong)m_ticks[0].time_msc;
   int first=CopyTicks(m_symbol,once,COPY_TICKS_ALL,from_msc,DTMS_CHECK_TICKS);
   int second=CopyTicks(m_symbol,twice,COPY_TICKS_ALL,from_msc,DTMS_CHECK_TICKS);
   if(first<m_total || second<first)
      return(StringFormat("%d, then %d, then %d ticks from the same time on",m_total,first,second));
   for(int i=0; i<first; i++)
      if(!Same(once[i],twice[i]))
         return(StringFormat("number %d of %d differs between two reads",i,first));
   return("");
  }

//--- the last place where two ticks or more share a millisecond that is read whole; -1: none
int CCheckFeed::Twins(void) const
  {
   for(int i=m_total-2; i>0; i--)
      if(m_ticks[i].time_msc==m_ticks[i+1].time_msc && m_ticks[i].time_msc!=m_ticks[i-1].time_msc)
         return(i);
   return(-1);
  }

//--- asked for from that millisecond on, inclusive: all of its ticks come, in the order of before
string CCheckFeed::TwinFault(const int from)
  {
   MqlTick again[];
   long msc=m_ticks[from].time_msc;
   int total=CopyTicks(m_symbol,again,COPY_TICKS_ALL,(ulong)msc,DTMS_CHECK_TICKS);
   int skipped=0;
   while(skipped<total && again[skipped].time_msc<msc)
      skipped++;
   for(int i=from; i<m_total && m_ticks[i].time_msc==msc; i++)
     {
      int at=skipped+i-from;
      if(at>=total || !Same(m_ticks[i],again[at]))
         return(StringFormat("tick %d of that millisecond is not where it was",i-from));
     }
   return("");
  }

bool CCheckFeed::Same(const MqlTick &a,const MqlTick &b)
  {
   return(a.time_msc==b.time_msc && a.bid==b.bid && a.ask==b.ask && a.last==b.last && a.volume_real==b.volume_real && a.flags==b.flags);
  }

#endif
//+------------------------------------------------------------------+
