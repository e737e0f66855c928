//+------------------------------------------------------------------+
//| Backfill.mqh                                                     |
//| bars of the past, on request                                     |
//+------------------------------------------------------------------+
#ifndef DTMS_BACKFILL_MQH
#define DTMS_BACKFILL_MQH

#include "Elapsed.mqh"
#include "BarReader.mqh"
#include "Outbox.mqh"

#define DTMS_BARS_A_PART      500
#define DTMS_BARS_A_REQUEST   100000  // more than that is cut to the newest
#define DTMS_REQUESTS_WAITING 64
#define DTMS_PART_REST_MS     75      // 500 bars are about 35 kB; a second's worth of them stays far below the 1 MiB that is kept
#define DTMS_HISTORY_WAIT_MS  5000    // how long the terminal may take to load a history
#define DTMS_HISTORY_RETRY_MS 250
#define DTMS_FIRST_RATES_MS   10000   // how long a first CopyRates may block

//+------------------------------------------------------------------+
//| CBackfill: answers BarsRequest one at a time, in parts, oldest   |
//| first, no faster than the bridge acknowledges                    |
//+------------------------------------------------------------------+
class CBackfill
  {
private:
   COutbox          *m_pOutbox;
   SBarsRequest      m_waiting[];
   SBarRow           m_rows[];
   MqlRates          m_rates[];
   bool              m_reading;
   bool              m_sending;
   ulong             m_since_ms;
   ulong             m_next_ms;
   uint              m_part;
   uint              m_parts;

   void              Read(const ulong now_ms);
   int               Copy(const SBarsRequest &request);
   bool              Keep(const SBarsRequest &request,const int total);
   void              SendPart(const ulong now_ms);
   void              Fail(const SBarsRequest &request);
   void              Next(void);

public:
                     CBackfill(void);
   void              Init(COutbox *p_outbox);
   void              Ask(const SBarsRequest &request);
   void              Clear(void);
   void              Pump(const ulong now_ms);
  };

CBackfill::CBackfill(void) : m_pOutbox(NULL),m_reading(false),m_sending(false),m_since_ms(0),m_next_ms(0),m_part(0),m_parts(0)
  {
  }

void CBackfill::Init(COutbox *p_outbox)
  {
   m_pOutbox=p_outbox;
   Clear();
  }

//--- a fresh session asks again for what it wants
void CBackfill::Clear(void)
  {
   ArrayFree(m_waiting);
   m_reading=false;
   m_sending=false;
   m_next_ms=0;
  }

//--- puts a request into the queue; one too many is answered with ok=false
void CBackfill::Ask(const SBarsRequest &request)
  {
   int total=ArraySize(m_waiting);
   if(total>=DTMS_REQUESTS_WAITING || CCodes::Timeframe(request.timeframe)==PERIOD_CURRENT
      || ArrayResize(m_waiting,total+1,8)<total+1)
     {
      Fail(request);
      return;
     }
   m_waiting[total]=request;
  }

//--- one step: a read, or a part
void CBackfill::Pump(const ulong now_ms)
  {
   if(ArraySize(m_waiting)==0 || now_ms<m_next_ms || !m_pOutbox.RoomForQuotes())
      return;
   if(m_sending)
      SendPart(now_ms);
   else
      Read(now_ms);
  }

void CBackfill::Read(const ulong now_ms)
  {
   if(!m_reading)
     {
      m_reading=true;
      m_since_ms=now_ms;
     }
   m_pOutbox.Busy(DTMS_FIRST_RATES_MS);
   SBarsRequest request=m_waiting[0];
   int total=Copy(request);
   m_pOutbox.Busy(0);
   if(total<0 && CElapsed::Ms(now_ms,m_since_ms)<DTMS_HISTORY_WAIT_MS)
     {
      m_next_ms=now_ms+DTMS_HISTORY_RETRY_MS;
      return;
     }
   if(total<0 || !Keep(request,total))
     {
      Fail(request);
      Next();
      return;
     }
   int rows=ArraySize(m_rows);
   m_part=0;
   m_parts=(uint)(rows==0 ? 1 : (rows+DTMS_BARS_A_PART-1)/DTMS_BARS_A_PART);
   m_sending=true;
   SendPart(now_ms);
  }

//--- reads what a request asks for; returns how many bars, -1 if the terminal cannot tell
int CBackfill::Copy(const SBarsRequest &request)
  {
   ENUM_TIMEFRAMES timeframe=CCodes::Timeframe(request.timeframe);
   if(SymbolInfoInteger(request.symbol,SYMBOL_SELECT)==0 && !SymbolSelect(request.symbol,true))
      return(-1);
   if(request.from_ms>0)
      return(CBarReader::From(request.symbol,timeframe,(request.from_ms+999)/1000,m_rates));
   if(request.count==0)
      return(0);
   uint count=(request.count>DTMS_BARS_A_REQUEST ? DTMS_BARS_A_REQUEST : request.count);
   return(CBarReader::Last(request.symbol,timeframe,(int)count,m_rates));
  }

//--- takes the bars over: with from_ms and count the first so many, else the newest; false: no memory
bool CBackfill::Keep(const SBarsRequest &request,const int total)
  {
   int last=total;
   if(request.from_ms>0 && request.count>0 && (uint)total>request.count)
      last=(int)request.count;
   int first=(last>DTMS_BARS_A_REQUEST ? last-DTMS_BARS_A_REQUEST : 0);
   if(ArrayResize(m_rows,last-first)<last-first)
      return(false);
   int rows=0;
   for(int i=first; i<last; i++)
      if(CBarReader::Row(m_rates[i],m_rows[rows]))
         rows++;
   return(ArrayResize(m_rows,rows)==rows);
  }

void CBackfill::SendPart(const ulong now_ms)
  {
   SBars message;
   message.request_id=m_waiting[0].request_id;
   message.symbol=m_waiting[0].symbol;
   message.timeframe=m_waiting[0].timeframe;
   message.part=m_part+1;
   message.parts=m_parts;
   message.ok=true;
   int from=(int)m_part*DTMS_BARS_A_PART;
   int count=MathMin(DTMS_BARS_A_PART,ArraySize(m_rows)-from);
   if(ArrayResize(message.bars,count)<count)
      return;
   for(int i=0; i<count; i++)
      message.bars[i]=m_rows[from+i];
   if(!m_pOutbox.SendBars(message))
     {
      Clear();
      return;
     }
   m_part++;
   m_next_ms=now_ms+DTMS_PART_REST_MS;
   if(m_part>=m_parts)
      Next();
  }

//--- says that the terminal cannot tell, which is not the same as no bars
void CBackfill::Fail(const SBarsRequest &request)
  {
   SBars message;
   message.request_id=request.request_id;
   message.symbol=request.symbol;
   message.timeframe=request.timeframe;
   message.part=1;
   message.parts=1;
   message.ok=false;
   if(!m_pOutbox.SendBars(message))
      Clear();
  }

//--- the next request of the queue
void CBackfill::Next(void)
  {
   m_reading=false;
   m_sending=false;
   ArrayFree(m_rows);
   int total=ArraySize(m_waiting);
   for(int i=1; i<total; i++)
      m_waiting[i-1]=m_waiting[i];
   if(total>0 && ArrayResize(m_waiting,total-1)<total-1)
      ArrayFree(m_waiting);
  }

#endif
//+------------------------------------------------------------------+
