//+------------------------------------------------------------------+
//| SymbolRules.mqh                                                  |
//| what a broker demands of prices and volumes of a symbol          |
//+------------------------------------------------------------------+
#ifndef DTMS_SYMBOL_RULES_MQH
#define DTMS_SYMBOL_RULES_MQH

#include "Protocol.mqh"

#define DTMS_STEP_NOISE  1e-6   // of a step: how far a volume may be off the grid by binary fractions
#define DTMS_LOT_DIGITS  8
#define DTMS_PRICE_NOISE 1e-9

//+------------------------------------------------------------------+
//| CSymbolRules: the symbol's grid, distances, volumes and prices   |
//| as they are now, and arithmetic on them                          |
//+------------------------------------------------------------------+
class CSymbolRules
  {
private:
   string            m_symbol;
   int               m_digits;
   double            m_tick;
   double            m_stops;
   double            m_freeze;
   double            m_step;
   double            m_min;
   double            m_max;
   double            m_bid;
   double            m_ask;

public:
                     CSymbolRules(void);
   bool              Load(const string symbol);
   string            Symbol(void) const { return(m_symbol); }
   bool              HasPrices(void) const { return(m_bid>0.0 && m_ask>0.0); }
   double            Tick(void) const { return(m_tick); }
   double            Step(void) const { return(m_step); }
   double            Smallest(void) const { return(m_min); }
   double            Largest(void) const { return(m_max); }
   double            Freeze(void) const { return(m_freeze); }
   double            Distance(void) const { return(MathMax(m_stops,m_freeze)); }
   int               DistanceWhy(void) const { return(m_freeze>m_stops ? DTMS_WHY_FREEZE_LEVEL : DTMS_WHY_STOPS_LEVEL); }
   double            ExitPrice(const int side) const { return(side==DTMS_SIDE_SELL ? m_ask : m_bid); }
   double            EntryPrice(const int side) const { return(side==DTMS_SIDE_SELL ? m_bid : m_ask); }
   bool              SamePrice(const double one,const double other) const;
   bool              SameVolume(const double one,const double other) const;
   double            Nearest(const double price) const;
   double            Below(const double price) const;
   double            Above(const double price) const;
   bool              OnStep(const double volume) const;
   double            WholeSteps(const double volume) const;
   ENUM_ORDER_TYPE_FILLING Filling(const int refused) const;
  };

CSymbolRules::CSymbolRules(void) : m_symbol(""),m_digits(0),m_tick(0.0),m_stops(0.0),m_freeze(0.0),m_step(0.0),m_min(0.0),m_max(0.0),
   m_bid(0.0),m_ask(0.0)
  {
  }

//--- reads everything anew; false: the terminal does not have the symbol
bool CSymbolRules::Load(const string symbol)
  {
   m_symbol=symbol;
   m_digits=(int)SymbolInfoInteger(symbol,SYMBOL_DIGITS);
   double point=SymbolInfoDouble(symbol,SYMBOL_POINT);
   m_tick=SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_SIZE);
   if(!MathIsValidNumber(m_tick) || m_tick<=0.0)
      m_tick=point;
   m_stops=point*(double)SymbolInfoInteger(symbol,SYMBOL_TRADE_STOPS_LEVEL);
   m_freeze=point*(double)SymbolInfoInteger(symbol,SYMBOL_TRADE_FREEZE_LEVEL);
   m_step=SymbolInfoDouble(symbol,SYMBOL_VOLUME_STEP);
   m_min=SymbolInfoDouble(symbol,SYMBOL_VOLUME_MIN);
   m_max=SymbolInfoDouble(symbol,SYMBOL_VOLUME_MAX);
   MqlTick tick={};
   bool quoted=SymbolInfoTick(symbol,tick);
   m_bid=(quoted && MathIsValidNumber(tick.bid) ? tick.bid : 0.0);
   m_ask=(quoted && MathIsValidNumber(tick.ask) ? tick.ask : 0.0);
   return(m_tick>0.0 && m_step>0.0 && m_min>0.0 && m_max>0.0);
  }

//--- within half a tick; no price at all (0) is only the same as none
bool CSymbolRules::SamePrice(const double one,const double other) const
  {
   if(one<=0.0 || other<=0.0)
      return(one<=0.0 && other<=0.0);
   return(MathAbs(one-other)<0.5*m_tick);
  }

//--- within half a step
bool CSymbolRules::SameVolume(const double one,const double other) const
  {
   return(MathAbs(one-other)<0.5*m_step);
  }

//--- the price of the grid that is nearest
double CSymbolRules::Nearest(const double price) const
  {
   return(NormalizeDouble(MathRound(price/m_tick)*m_tick,m_digits));
  }

//--- the highest price of the grid that is not above
double CSymbolRules::Below(const double price) const
  {
   return(NormalizeDouble(MathFloor(price/m_tick+DTMS_STEP_NOISE)*m_tick,m_digits));
  }

//--- the lowest price of the grid that is not below
double CSymbolRules::Above(const double price) const
  {
   return(NormalizeDouble(MathCeil(price/m_tick-DTMS_STEP_NOISE)*m_tick,m_digits));
  }

bool CSymbolRules::OnStep(const double volume) const
  {
   double steps=volume/m_step;
   return(MathAbs(steps-MathRound(steps))<DTMS_STEP_NOISE);
  }

//--- the volume, rounded down to whole steps
double CSymbolRules::WholeSteps(const double volume) const
  {
   return(NormalizeDouble(MathFloor(volume/m_step+DTMS_STEP_NOISE)*m_step,DTMS_LOT_DIGITS));
  }

//--- how an order is to be filled: IOC, else FOK, else what remains; after a refusal the next kind that the symbol allows
ENUM_ORDER_TYPE_FILLING CSymbolRules::Filling(const int refused) const
  {
   long mask=SymbolInfoInteger(m_symbol,SYMBOL_FILLING_MODE);
   bool market=((ENUM_SYMBOL_TRADE_EXECUTION)SymbolInfoInteger(m_symbol,SYMBOL_TRADE_EXEMODE)==SYMBOL_TRADE_EXECUTION_MARKET);
   ENUM_ORDER_TYPE_FILLING kinds[3];
   int count=0;
   if((mask&SYMBOL_FILLING_IOC)!=0)
     {
      kinds[count]=ORDER_FILLING_IOC;
      count++;
     }
//--- with market execution one of the two must do, whatever the mask says
   if((mask&SYMBOL_FILLING_FOK)!=0 || (market && count==0))
     {
      kinds[count]=ORDER_FILLING_FOK;
      count++;
     }
   if(!market)
     {
      kinds[count]=ORDER_FILLING_RETURN;
      count++;
     }
   return(kinds[refused%count]);
  }

#endif
//+------------------------------------------------------------------+
