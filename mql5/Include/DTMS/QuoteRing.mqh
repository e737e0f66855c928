//+------------------------------------------------------------------+
//| QuoteRing.mqh                                                    |
//| quotes that are sent, or about to be, and not acknowledged       |
//+------------------------------------------------------------------+
#ifndef DTMS_QUOTE_RING_MQH
#define DTMS_QUOTE_RING_MQH

#define DTMS_RING_SMALLEST 64
#define DTMS_RING_LARGEST  65536  // 80 bytes each; a wider window is not used

//--- one quote of the wire; the symbol is its place in the symbol book
struct SQuote
  {
   int               symbol;
   int               flags;
   uint              quotes;
   long              ts_event;
   double            bid;
   double            ask;
   double            low_bid;
   double            high_ask;
   double            buys;
   double            sells;
  };

//+------------------------------------------------------------------+
//| CQuoteRing: numbers quotes from 1 and keeps them until they are  |
//| acknowledged, so that they can be sent again under the same      |
//| numbers (resume) or under fresh ones (a new session or epoch).   |
//| Holds at most the credit window (R02).                           |
//+------------------------------------------------------------------+
class CQuoteRing
  {
private:
   SQuote            m_items[];
   int               m_capacity;
   int               m_first;
   int               m_count;
   int               m_window;
   ulong             m_acknowledged;
   ulong             m_sent;

   void              Drop(const int count);

public:
                     CQuoteRing(void);
   bool              SetWindow(const uint window);
   bool              HasRoom(void) const { return(m_count<m_window); }
   void              Push(const SQuote &quote);
   int               Unsent(void) const { return((int)(m_acknowledged+(ulong)m_count-m_sent)); }
   void              Peek(const int ahead,SQuote &quote) const;
   void              MarkSent(const int count) { m_sent+=(ulong)count; }
   ulong             LastSent(void) const { return(m_sent); }
   void              Acknowledge(const ulong tick_seq);
   void              Resume(const ulong tick_seq);
   void              Renumber(void);
  };

CQuoteRing::CQuoteRing(void) : m_capacity(0),m_first(0),m_count(0),m_window(0),m_acknowledged(0),m_sent(0)
  {
  }

//--- sets how many quotes may be unacknowledged; what is in the ring stays, also beyond a smaller window
bool CQuoteRing::SetWindow(const uint window)
  {
   uint wanted=(window>DTMS_RING_LARGEST ? DTMS_RING_LARGEST : window);
   if(wanted<1)
      wanted=1;
   m_window=(int)wanted;
   int capacity=DTMS_RING_SMALLEST;
   while(capacity<m_window || capacity<m_count)
      capacity*=2;
   if(capacity<=m_capacity)
      return(true);
   SQuote kept[];
   if(ArrayResize(kept,capacity)<capacity)
      return(false);
   for(int i=0; i<m_count; i++)
      kept[i]=m_items[(m_first+i)%m_capacity];
   if(ArrayResize(m_items,capacity)<capacity)
      return(false);
   for(int i=0; i<m_count; i++)
      m_items[i]=kept[i];
   m_capacity=capacity;
   m_first=0;
   return(true);
  }

//--- appends a quote under the next number; the caller has asked HasRoom
void CQuoteRing::Push(const SQuote &quote)
  {
   m_items[(m_first+m_count)%m_capacity]=quote;
   m_count++;
  }

//--- a quote that is not sent yet, 0 the next one
void CQuoteRing::Peek(const int ahead,SQuote &quote) const
  {
   int sent=(int)(m_sent-m_acknowledged);
   quote=m_items[(m_first+sent+ahead)%m_capacity];
  }

void CQuoteRing::Drop(const int count)
  {
   m_first=(m_first+count)%m_capacity;
   m_count-=count;
   m_acknowledged+=(ulong)count;
  }

//--- quotes up to the number have arrived; a number that was never sent says nothing
void CQuoteRing::Acknowledge(const ulong tick_seq)
  {
   if(tick_seq>m_acknowledged && tick_seq<=m_sent)
      Drop((int)(tick_seq-m_acknowledged));
  }

//--- same session and epoch: what lies above the number is sent again
void CQuoteRing::Resume(const ulong tick_seq)
  {
   Acknowledge(tick_seq);
   m_sent=m_acknowledged;
  }

//--- new session or epoch: everything is sent again, numbered from 1
void CQuoteRing::Renumber(void)
  {
   m_acknowledged=0;
   m_sent=0;
  }

#endif
//+------------------------------------------------------------------+
