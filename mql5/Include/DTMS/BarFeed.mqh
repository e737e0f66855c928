//+------------------------------------------------------------------+
//| BarFeed.mqh                                                      |
//| closed bars, as they close                                       |
//+------------------------------------------------------------------+
#ifndef DTMS_BAR_FEED_MQH
#define DTMS_BAR_FEED_MQH

#include "BarReader.mqh"
#include "Elapsed.mqh"
#include "Outbox.mqh"

#define DTMS_BAR_CHECK_MS     500   // a symbol and timeframe is looked at this often
#define DTMS_BAR_RETRY_MS     2000  // and after the terminal could not read it
#define DTMS_BAR_FIRST_MS     45000 // how long the first look at a line may block
#define DTMS_BAR_HUNG_MS      1000  // one that lasts longer stops the whole program,
#define DTMS_BAR_REST_MS      60000 // and none that may block is made for so long after it
#define DTMS_BAR_LOOKS        4     // looks in one event at most (R03)
#define DTMS_BARS_BEHIND      500   // closed bars told at once at most, after a pause
#define DTMS_BAR_LINES        512   // symbols times timeframes at most

struct SBarLine
  {
   string            symbol;
   uint              minutes;
   bool              started;
   long              forming_s;    // open of the bar that was forming at the last look
   long              told_s;       // open of the last bar that was told
   ulong             next_ms;

                     SBarLine(void) : symbol(""),minutes(0),started(false),forming_s(0),told_s(0),next_ms(0) {}
  };

//+------------------------------------------------------------------+
//| CBarFeed: for each subscribed symbol and timeframe tells each    |
//| bar once when a later one has begun; never the forming one. What |
//| closed before the subscription is asked for by BarsRequest.      |
//+------------------------------------------------------------------+
class CBarFeed
  {
private:
   COutbox          *m_pOutbox;
   SBarLine          m_lines[];
   MqlRates          m_rates[];
   int               m_turn;
   ulong             m_first_ms;       // no first look before

   int               Find(const SBarLine &lines[],const string symbol,const uint minutes) const;
   void              FirstLook(const int index);
   void              Look(const int index,const ulong now_ms);
   int               ReadBack(const int index);
   void              TellSince(const int index,const int total);
   void              Tell(const int index,const MqlRates &rate);

public:
                     CBarFeed(void);
   void              Init(COutbox *p_outbox);
   void              Subscribe(const string &symbols[],const uint &minutes[]);
   void              Pump(const ulong now_ms,const bool may_block);
  };

CBarFeed::CBarFeed(void) : m_pOutbox(NULL),m_turn(0),m_first_ms(0)
  {
  }

void CBarFeed::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   m_first_ms=0;
   ArrayFree(m_lines);
  }

int CBarFeed::Find(const SBarLine &lines[],const string symbol,const uint minutes) const
  {
   for(int i=0; i<ArraySize(lines); i++)
      if(lines[i].minutes==minutes && lines[i].symbol==symbol)
         return(i);
   return(-1);
  }

//--- the whole list of what is wanted; what was wanted before goes on where it stands
void CBarFeed::Subscribe(const string &symbols[],const uint &minutes[])
  {
   SBarLine before[];
   int kept=ArraySize(m_lines);
   if(ArrayResize(before,kept)<kept)
      return;
   for(int i=0; i<kept; i++)
      before[i]=m_lines[i];
   ArrayFree(m_lines);
   for(int s=0; s<ArraySize(symbols); s++)
      for(int t=0; t<ArraySize(minutes); t++)
        {
         int total=ArraySize(m_lines);
         if(total>=DTMS_BAR_LINES || CCodes::Timeframe(minutes[t])==PERIOD_CURRENT || Find(m_lines,symbols[s],minutes[t])>=0
            || ArrayResize(m_lines,total+1,64)<total+1)
            continue;
         int old=Find(before,symbols[s],minutes[t]);
         if(old>=0)
            m_lines[total]=before[old];
         m_lines[total].symbol=symbols[s];
         m_lines[total].minutes=minutes[t];
        }
  }

//--- looks at a few that are due; the first look at one has an event of its own. may_block: nothing waits that must not
void CBarFeed::Pump(const ulong now_ms,const bool may_block)
  {
   int total=ArraySize(m_lines);
   int looks=0;
   for(int i=0; i<total && looks<DTMS_BAR_LOOKS; i++)
     {
      m_turn=(m_turn+1)%total;
      if(now_ms<m_lines[m_turn].next_ms)
         continue;
      if(m_lines[m_turn].started)
        {
         Look(m_turn,now_ms);
         looks++;
         continue;
        }
      if(!may_block || looks>0 || now_ms<m_first_ms)
         continue;
      FirstLook(m_turn);
      return;
     }
  }

//--- the first CopyRates of a line, which may wait for the terminal's database: the other side is warned
void CBarFeed::FirstLook(const int index)
  {
   ulong before_ms=GetTickCount64();
   m_pOutbox.Busy(DTMS_BAR_FIRST_MS);
   Look(index,before_ms);
   m_pOutbox.Busy(0);
   ulong after_ms=GetTickCount64();
   if(CElapsed::Ms(after_ms,before_ms)<=DTMS_BAR_HUNG_MS)
      return;
   m_first_ms=after_ms+DTMS_BAR_REST_MS;
   if(!m_lines[index].started)
      m_lines[index].next_ms=m_first_ms;
  }

void CBarFeed::Look(const int index,const ulong now_ms)
  {
   m_lines[index].next_ms=now_ms+DTMS_BAR_CHECK_MS;
   long forming_s=CBarReader::FormingSince(m_lines[index].symbol,CCodes::Timeframe(m_lines[index].minutes));
   if(forming_s<=0)
     {
      m_lines[index].next_ms=now_ms+DTMS_BAR_RETRY_MS;
      return;
     }
   if(!m_lines[index].started)
     {
      m_lines[index].started=true;
      m_lines[index].forming_s=forming_s;
     }
   if(forming_s<=m_lines[index].forming_s)
      return;
   int total=ReadBack(index);
   TellSince(index,total);
   if(total>0)
      m_lines[index].forming_s=forming_s;
  }

//--- reads closed bars back to the one that was forming, or as far as the limit; returns how many, -1 if the terminal cannot tell
int CBarFeed::ReadBack(const int index)
  {
   ENUM_TIMEFRAMES timeframe=CCodes::Timeframe(m_lines[index].minutes);
   int wanted=2;
   int total=CBarReader::Last(m_lines[index].symbol,timeframe,wanted,m_rates);
   if(total<wanted || (long)m_rates[0].time<=m_lines[index].forming_s)
      return(total);
   return(CBarReader::Last(m_lines[index].symbol,timeframe,DTMS_BARS_BEHIND,m_rates));
  }

void CBarFeed::TellSince(const int index,const int total)
  {
   for(int i=0; i<total; i++)
      if((long)m_rates[i].time>=m_lines[index].forming_s && (long)m_rates[i].time>m_lines[index].told_s)
        {
         m_lines[index].told_s=(long)m_rates[i].time;
         Tell(index,m_rates[i]);
        }
  }

void CBarFeed::Tell(const int index,const MqlRates &rate)
  {
   SBarClosed message;
   message.symbol=m_lines[index].symbol;
   message.timeframe=m_lines[index].minutes;
   if(CBarReader::Row(rate,message.bar))
      m_pOutbox.SendBar(message);
  }

#endif
//+------------------------------------------------------------------+
