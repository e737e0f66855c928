//+------------------------------------------------------------------+
//| TickFeed.mqh                                                     |
//| quotes from the terminal to the bridge                           |
//+------------------------------------------------------------------+
#ifndef DTMS_TICK_FEED_MQH
#define DTMS_TICK_FEED_MQH

#include "Outbox.mqh"
#include "QuoteMaker.mqh"
#include "QuoteRing.mqh"
#include "SymbolBook.mqh"
#include "TickCursor.mqh"

#define DTMS_QUOTES_AN_EVENT  8000   // quotes read in one event at most; the rest waits in the terminal (R03)
#define DTMS_FRAMES_AN_EVENT  32     // frames of quotes sent in one event at most
#define DTMS_FIRST_READ_MS    45000  // how long the first CopyTicks of a symbol may block

struct SFeedSymbol
  {
   CTickCursor       cursor;
   CQuoteMaker       maker;
   bool              running;
   bool              waits;
   bool              failing;
   SQuote            pending;

                     SFeedSymbol(void) : running(false),waits(false),failing(false) { ZeroMemory(pending); }
  };

//+------------------------------------------------------------------+
//| CTickFeed: every quote of the watched symbols, in order, covered |
//| exactly once. Under credit each goes as it is; without it the    |
//| quotes of a symbol are put together until there is credit again, |
//| so a slow reader never grows a queue (R02).                      |
//+------------------------------------------------------------------+
class CTickFeed
  {
private:
   COutbox          *m_pOutbox;
   CSymbolBook      *m_pBook;
   SFeedSymbol       m_feeds[];
   CQuoteRing        m_ring;
   MqlTick           m_ticks[];
   STick             m_frame[];
   int               m_budget;
   int               m_turn;
   int               m_chart;
   bool              m_begun;
   ulong             m_dropped;
   ulong             m_prime_ms;       // after a first read that hung: none of any symbol before

   bool              Grow(void);
   bool              Ready(const int index,const ulong now_ms);
   bool              PrimeDue(const int index,const bool may_block,const ulong now_ms) const;
   bool              Prime(const int index,const ulong now_ms);
   void              Stop(const int index);
   void              ReadSymbol(const int index,const ulong now_ms);
   void              Failed(const int index);
   void              TakeTicks(const int index,const int fresh);
   void              Take(const int index,const SQuote &quote);
   void              FlushPending(void);
   int               FillFrame(const ulong now_ms);

public:
                     CTickFeed(void);
   bool              Init(COutbox *p_outbox,CSymbolBook *p_book,const string chart_symbol);
   void              Accepted(const bool resume,const ulong tick_seq,const uint window);
   void              Acknowledge(const ulong tick_seq);
   void              OnChartTick(const ulong now_ms);
   void              Pump(const ulong now_ms,const bool may_block);
   void              Flush(const ulong now_ms);
   ulong             LastSent(void) const { return(m_ring.LastSent()); }
   ulong             Dropped(void) const { return(m_dropped); }
  };

CTickFeed::CTickFeed(void) : m_pOutbox(NULL),m_pBook(NULL),m_budget(0),m_turn(0),m_chart(-1),m_begun(false),m_dropped(0),
   m_prime_ms(0)
  {
  }

//--- begins anew; nothing is read before the first logon. False: no memory
bool CTickFeed::Init(COutbox *p_outbox,CSymbolBook *p_book,const string chart_symbol)
  {
   m_pOutbox=p_outbox;
   m_pBook=p_book;
   m_chart=p_book.Find(chart_symbol);
   m_begun=false;
   m_prime_ms=0;
   for(int i=0; i<ArraySize(m_feeds); i++)
     {
      Stop(i);
      m_feeds[i].cursor.Forget();
     }
   return(ArrayResize(m_frame,DTMS_MAX_TICKS_FRAME)==DTMS_MAX_TICKS_FRAME);
  }

//--- a logon was accepted: what is unacknowledged is sent again
void CTickFeed::Accepted(const bool resume,const ulong tick_seq,const uint window)
  {
   if(!m_ring.SetWindow(window))
      return;
   m_begun=true;
   if(resume)
      m_ring.Resume(tick_seq);
   else
      m_ring.Renumber();
  }

//--- quotes up to the number have arrived at the bridge
void CTickFeed::Acknowledge(const ulong tick_seq)
  {
   m_ring.Acknowledge(tick_seq);
  }

//--- keeps a place for each symbol of the book
bool CTickFeed::Grow(void)
  {
   int before=ArraySize(m_feeds);
   int total=m_pBook.Total();
   if(total<=before)
      return(true);
   return(ArrayResize(m_feeds,total,16)==total);
  }

//--- a symbol that nobody watches any more; what waits of it is still sent
void CTickFeed::Stop(const int index)
  {
   m_feeds[index].cursor.Restart();
   m_feeds[index].maker.Resync();
   m_feeds[index].running=false;
   m_feeds[index].failing=false;
  }

//--- the chart's symbol, when the terminal says that it has a quote
void CTickFeed::OnChartTick(const ulong now_ms)
  {
   if(!m_begun || !Grow())
      return;
   m_budget=DTMS_QUOTES_AN_EVENT;
   FlushPending();
   if(m_chart>=0 && m_pBook.Watched(m_chart) && m_feeds[m_chart].cursor.Primed())
      ReadSymbol(m_chart,now_ms);
   Flush(now_ms);
  }

//--- all symbols, in the timer; the turn moves so that none starves the others. may_block: nothing waits that must not
void CTickFeed::Pump(const ulong now_ms,const bool may_block)
  {
   if(!m_begun || !Grow())
      return;
   m_budget=DTMS_QUOTES_AN_EVENT;
   FlushPending();
   int total=ArraySize(m_feeds);
   bool primed=false;
   m_turn=(total>0 ? (m_turn+1)%total : 0);
   for(int i=0; i<total && m_budget>0; i++)
     {
      int index=(m_turn+i)%total;
      if(!Ready(index,now_ms))
         continue;
      if(m_feeds[index].cursor.Primed())
        {
         if(m_feeds[index].cursor.Due(m_pBook.Name(index),now_ms))
            ReadSymbol(index,now_ms);
         continue;
        }
      if(!primed && PrimeDue(index,may_block,now_ms))
         primed=Prime(index,now_ms);
      else
         if(m_feeds[index].cursor.Hung())
            TakeTicks(index,m_feeds[index].cursor.FollowLast(m_pBook.Name(index),m_ticks));
     }
   Flush(now_ms);
  }

//--- whether the symbol is to be read; begins and ends its feed
bool CTickFeed::Ready(const int index,const ulong now_ms)
  {
   if(!m_pBook.Watched(index))
     {
      if(m_feeds[index].running)
         Stop(index);
      return(false);
     }
   if(m_feeds[index].cursor.Started())
      return(true);
   m_feeds[index].running=(m_pBook.TellBefore(index,now_ms) && m_feeds[index].cursor.Start(m_pBook.Name(index)));
   return(m_feeds[index].running);
  }

bool CTickFeed::PrimeDue(const int index,const bool may_block,const ulong now_ms) const
  {
   return(may_block && now_ms>=m_prime_ms && m_feeds[index].cursor.PrimeDue(now_ms));
  }

//--- the first CopyTicks of a symbol, which may wait for the terminal's database: the other side is warned, and after one
//--- that hung the program works for at least as long before the next. Returns true, for it has been tried.
bool CTickFeed::Prime(const int index,const ulong now_ms)
  {
   ulong before_ms=GetTickCount64();
   m_pOutbox.Busy(DTMS_FIRST_READ_MS);
   ReadSymbol(index,now_ms);
   m_pOutbox.Busy(0);
   ulong after_ms=GetTickCount64();
   ulong took_ms=CElapsed::Ms(after_ms,before_ms);
   m_feeds[index].cursor.PrimeTook(took_ms,after_ms);
   if(took_ms>DTMS_TICK_HUNG_MS)
      m_prime_ms=after_ms+took_ms;
   return(true);
  }

//--- takes what a symbol has, by calls as long as they come back full
void CTickFeed::ReadSymbol(const int index,const ulong now_ms)
  {
   int state=DTMS_READ_MORE;
   while(state==DTMS_READ_MORE && m_budget>0)
     {
      int fresh=0;
      state=m_feeds[index].cursor.Read(m_pBook.Name(index),now_ms,m_ticks,fresh);
      if(state==DTMS_READ_FAILED)
        {
         Failed(index);
         return;
        }
      m_feeds[index].failing=false;
      TakeTicks(index,fresh);
      m_budget-=fresh;
      if(fresh==0)
         return;
     }
  }

void CTickFeed::Failed(const int index)
  {
   if(m_feeds[index].failing)
      return;
   m_feeds[index].failing=true;
   int error=GetLastError();
   m_pOutbox.Notice(DTMS_NOTICE_CODE_FEED_FAILED,m_pBook.Name(index),error,
                    "quotes of "+m_pBook.Name(index)+" cannot be read, error "+IntegerToString(error));
  }

//--- turns what was read into quotes of the wire
void CTickFeed::TakeTicks(const int index,const int fresh)
  {
   long gap_ms=m_feeds[index].cursor.TakeGapMs();
   if(gap_ms>0)
     {
      m_feeds[index].maker.Resync();
      m_pOutbox.Notice(DTMS_NOTICE_CODE_HISTORY_GAP,m_pBook.Name(index),gap_ms,
                       "the terminal does not have the quotes of "+m_pBook.Name(index)+" before the last ones any more");
     }
   for(int i=0; i<fresh; i++)
     {
      SQuote quote={};
      if(m_feeds[index].maker.Make(index,m_ticks[i],quote))
         Take(index,quote);
      else
         m_dropped++;
     }
  }

//--- under credit a quote goes as it is, else into the one that waits
void CTickFeed::Take(const int index,const SQuote &quote)
  {
   if(!m_feeds[index].waits)
     {
      if(m_ring.HasRoom())
        {
         m_ring.Push(quote);
         return;
        }
      m_feeds[index].pending=quote;
      m_feeds[index].waits=true;
      return;
     }
   CQuoteMaker::Merge(m_feeds[index].pending,quote);
   if(m_ring.HasRoom())
     {
      m_ring.Push(m_feeds[index].pending);
      m_feeds[index].waits=false;
     }
  }

//--- there is credit again: what was put together goes first
void CTickFeed::FlushPending(void)
  {
   int total=ArraySize(m_feeds);
   for(int i=0; i<total && m_ring.HasRoom(); i++)
     {
      int index=(m_turn+i)%total;
      if(!m_feeds[index].waits)
         continue;
      m_ring.Push(m_feeds[index].pending);
      m_feeds[index].waits=false;
     }
  }

//--- sends frames while the link has room for quotes
void CTickFeed::Flush(const ulong now_ms)
  {
   for(int frame=0; frame<DTMS_FRAMES_AN_EVENT; frame++)
     {
      if(m_ring.Unsent()<=0 || !m_pOutbox.RoomForQuotes())
         return;
      int count=FillFrame(now_ms);
      if(count<=0 || !m_pOutbox.SendQuotes(m_ring.LastSent()+(ulong)count,m_frame,count))
         return;
      m_ring.MarkSent(count);
     }
  }

//--- the next quotes of the ring, up to one whose specification cannot be told; returns how many
int CTickFeed::FillFrame(const ulong now_ms)
  {
   int wanted=m_ring.Unsent();
   if(wanted>DTMS_MAX_TICKS_FRAME)
      wanted=DTMS_MAX_TICKS_FRAME;
   SQuote quote={};
   for(int i=0; i<wanted; i++)
     {
      m_ring.Peek(i,quote);
      if(!m_pBook.TellBefore(quote.symbol,now_ms))
         return(i);
      m_frame[i].symbol=m_pBook.Name(quote.symbol);
      m_frame[i].ts_event=quote.ts_event;
      m_frame[i].bid=quote.bid;
      m_frame[i].ask=quote.ask;
      m_frame[i].low_bid=quote.low_bid;
      m_frame[i].high_ask=quote.high_ask;
      m_frame[i].quotes=quote.quotes;
      m_frame[i].buys=quote.buys;
      m_frame[i].sells=quote.sells;
      m_frame[i].flags=quote.flags;
     }
   return(wanted);
  }

#endif
//+------------------------------------------------------------------+
