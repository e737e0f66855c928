//+------------------------------------------------------------------+
//| QuoteMaker.mqh                                                   |
//| quotes of the terminal as quotes of the wire                     |
//+------------------------------------------------------------------+
#ifndef DTMS_QUOTE_MAKER_MQH
#define DTMS_QUOTE_MAKER_MQH

#include "Protocol.mqh"
#include "QuoteRing.mqh"

//+------------------------------------------------------------------+
//| CQuoteMaker: one symbol's quotes. Where the terminal tells       |
//| trades, volume is theirs; elsewhere moves of the mid are counted |
//| (tick rule). Whichever it is, it stays so from the first trade.  |
//+------------------------------------------------------------------+
class CQuoteMaker
  {
private:
   double            m_twice_mid;
   bool              m_trades;
   bool              m_resync;

   static bool       IsPrice(const double price);
   static bool       IsTrade(const MqlTick &tick);
   void              AddTrade(const MqlTick &tick,SQuote &quote);
   void              AddMove(const double twice_mid,SQuote &quote) const;

public:
                     CQuoteMaker(void);
   void              Resync(void);
   bool              Make(const int symbol,const MqlTick &tick,SQuote &quote);
   static void       Merge(SQuote &pending,const SQuote &quote);
  };

CQuoteMaker::CQuoteMaker(void) : m_twice_mid(0.0),m_trades(false),m_resync(false)
  {
  }

//--- quotes before the next one may be missing: it says so, and its move is not counted
void CQuoteMaker::Resync(void)
  {
   m_resync=true;
   m_twice_mid=0.0;
  }

bool CQuoteMaker::IsPrice(const double price)
  {
   return(MathIsValidNumber(price) && price>0.0);
  }

//--- whether the quote reports a trade with its side; some brokers set the flags on every quote, but no volume
bool CQuoteMaker::IsTrade(const MqlTick &tick)
  {
   return((tick.flags&(TICK_FLAG_BUY|TICK_FLAG_SELL))!=0 && IsPrice(tick.last) && IsPrice(tick.volume_real));
  }

//--- one quote as it is; false: a price that is none, nothing may be sent of it
bool CQuoteMaker::Make(const int symbol,const MqlTick &tick,SQuote &quote)
  {
   if(!IsPrice(tick.bid) || !IsPrice(tick.ask) || tick.time_msc<=0)
      return(false);
   quote.symbol=symbol;
   quote.ts_event=tick.time_msc;
   quote.bid=tick.bid;
   quote.ask=tick.ask;
   quote.low_bid=tick.bid;
   quote.high_ask=tick.ask;
   quote.quotes=1;
   quote.buys=0.0;
   quote.sells=0.0;
   quote.flags=(tick.ask<tick.bid ? DTMS_QUOTE_FLAG_CROSSED : 0);
   if(m_resync)
      quote.flags|=DTMS_QUOTE_FLAG_RESYNC;
   m_resync=false;
   if(IsTrade(tick))
      m_trades=true;
   double twice_mid=tick.bid+tick.ask;
   if(m_trades)
      AddTrade(tick,quote);
   else
      AddMove(twice_mid,quote);
   m_twice_mid=twice_mid;
   return(true);
  }

//--- volume by side; a trade with both flags counts half on either
void CQuoteMaker::AddTrade(const MqlTick &tick,SQuote &quote)
  {
   quote.flags|=DTMS_QUOTE_FLAG_TRADES;
   if(!IsTrade(tick))
      return;
   bool bought=(tick.flags&TICK_FLAG_BUY)!=0;
   bool sold=(tick.flags&TICK_FLAG_SELL)!=0;
   double share=(bought && sold ? 0.5*tick.volume_real : tick.volume_real);
   if(bought)
      quote.buys=share;
   if(sold)
      quote.sells=share;
  }

//--- one move of the mid
void CQuoteMaker::AddMove(const double twice_mid,SQuote &quote) const
  {
   if(m_twice_mid<=0.0)
      return;
   if(twice_mid>m_twice_mid)
      quote.buys=1.0;
   if(twice_mid<m_twice_mid)
      quote.sells=1.0;
  }

//--- puts a later quote of the same symbol into one that waits: it then stands for both
void CQuoteMaker::Merge(SQuote &pending,const SQuote &quote)
  {
//--- moves and lots cannot be added; the moves before the first trade are given up
   bool same_kind=((pending.flags&DTMS_QUOTE_FLAG_TRADES)==(quote.flags&DTMS_QUOTE_FLAG_TRADES));
   pending.buys=(same_kind ? pending.buys : 0.0)+quote.buys;
   pending.sells=(same_kind ? pending.sells : 0.0)+quote.sells;
   pending.ts_event=quote.ts_event;
   pending.bid=quote.bid;
   pending.ask=quote.ask;
   pending.low_bid=MathMin(pending.low_bid,quote.low_bid);
   pending.high_ask=MathMax(pending.high_ask,quote.high_ask);
   pending.quotes+=quote.quotes;
   pending.flags|=quote.flags;
  }

#endif
//+------------------------------------------------------------------+
