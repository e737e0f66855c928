//+------------------------------------------------------------------+
//| SymbolSpecReader.mqh                                             |
//| reads what a symbol is                                           |
//+------------------------------------------------------------------+
#ifndef DTMS_SYMBOL_SPEC_READER_MQH
#define DTMS_SYMBOL_SPEC_READER_MQH

#include "Codes.mqh"
#include "Messages.mqh"

#define DTMS_SESSIONS_A_DAY  16   // more trade sessions than any broker has
#define DTMS_SPEC_TEXT_LIMIT 512

//+------------------------------------------------------------------+
//| CSymbolSpecReader: SymbolInfo* as a SymbolSpec                   |
//+------------------------------------------------------------------+
class CSymbolSpecReader
  {
private:
   static void       ReadMoney(const string symbol,SSymbolSpec &spec);
   static void       ReadTrading(const string symbol,SSymbolSpec &spec);
   static void       ReadTexts(const string symbol,SSymbolSpec &spec);
   static void       ReadSessions(const string symbol,SSymbolSpec &spec);
   static bool       Usable(const SSymbolSpec &spec);
   static bool       SameMoney(const SSymbolSpec &one,const SSymbolSpec &other);
   static bool       SameTrading(const SSymbolSpec &one,const SSymbolSpec &other);
   static bool       SameSessions(const SSymbolSpec &one,const SSymbolSpec &other);
   static uint       TradeMode(const ENUM_SYMBOL_TRADE_MODE mode);
   static uint       ExecutionMode(const ENUM_SYMBOL_TRADE_EXECUTION mode);
   static uint       Whole(const string symbol,const ENUM_SYMBOL_INFO_INTEGER property);

public:
   static bool       Read(const string symbol,SSymbolSpec &spec);
   static bool       Same(const SSymbolSpec &one,const SSymbolSpec &other);
  };

//--- fills the specification; false: the terminal does not have the symbol's figures (yet)
bool CSymbolSpecReader::Read(const string symbol,SSymbolSpec &spec)
  {
   spec.symbol=symbol;
   ReadMoney(symbol,spec);
   if(!Usable(spec))
      return(false);
   ReadTrading(symbol,spec);
   ReadTexts(symbol,spec);
   ReadSessions(symbol,spec);
   return(true);
  }

uint CSymbolSpecReader::Whole(const string symbol,const ENUM_SYMBOL_INFO_INTEGER property)
  {
   long value=SymbolInfoInteger(symbol,property);
   return(value>0 && value<=0x7FFFFFFF ? (uint)value : 0);
  }

void CSymbolSpecReader::ReadMoney(const string symbol,SSymbolSpec &spec)
  {
   spec.digits=Whole(symbol,SYMBOL_DIGITS);
   spec.point=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_POINT));
   spec.tick_size=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_SIZE));
   if(spec.tick_size<=0.0)
      spec.tick_size=spec.point;
   spec.tick_value_profit=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_VALUE_PROFIT));
   spec.tick_value_loss=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_TRADE_TICK_VALUE_LOSS));
   spec.contract_size=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_TRADE_CONTRACT_SIZE));
   spec.volume_min=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_VOLUME_MIN));
   spec.volume_max=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_VOLUME_MAX));
   spec.volume_step=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_VOLUME_STEP));
   spec.volume_limit=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_VOLUME_LIMIT));
   spec.swap_long=CCodes::Finite(SymbolInfoDouble(symbol,SYMBOL_SWAP_LONG));
   spec.swap_short=CCodes::Finite(SymbolInfoDouble(symbol,SYMBOL_SWAP_SHORT));
   spec.margin_hedged=CCodes::NotNegative(SymbolInfoDouble(symbol,SYMBOL_MARGIN_HEDGED));
  }

//--- a symbol that is not loaded yet has zeros here
bool CSymbolSpecReader::Usable(const SSymbolSpec &spec)
  {
   return(spec.point>0.0 && spec.contract_size>0.0 && spec.volume_min>0.0 && spec.volume_max>0.0 && spec.volume_step>0.0);
  }

void CSymbolSpecReader::ReadTrading(const string symbol,SSymbolSpec &spec)
  {
   spec.stops_level=Whole(symbol,SYMBOL_TRADE_STOPS_LEVEL);
   spec.freeze_level=Whole(symbol,SYMBOL_TRADE_FREEZE_LEVEL);
   spec.trade_mode=TradeMode((ENUM_SYMBOL_TRADE_MODE)SymbolInfoInteger(symbol,SYMBOL_TRADE_MODE));
   spec.execution_mode=ExecutionMode((ENUM_SYMBOL_TRADE_EXECUTION)SymbolInfoInteger(symbol,SYMBOL_TRADE_EXEMODE));
   spec.filling_mask=Whole(symbol,SYMBOL_FILLING_MODE);
   spec.order_mask=Whole(symbol,SYMBOL_ORDER_MODE);
   spec.calc_mode=Whole(symbol,SYMBOL_TRADE_CALC_MODE);
   spec.swap_mode=Whole(symbol,SYMBOL_SWAP_MODE);
   spec.swap_triple_day=Whole(symbol,SYMBOL_SWAP_ROLLOVER3DAYS);
  }

void CSymbolSpecReader::ReadTexts(const string symbol,SSymbolSpec &spec)
  {
   spec.currency_base=CCodes::Clip(SymbolInfoString(symbol,SYMBOL_CURRENCY_BASE),DTMS_SPEC_TEXT_LIMIT);
   spec.currency_profit=CCodes::Clip(SymbolInfoString(symbol,SYMBOL_CURRENCY_PROFIT),DTMS_SPEC_TEXT_LIMIT);
   spec.currency_margin=CCodes::Clip(SymbolInfoString(symbol,SYMBOL_CURRENCY_MARGIN),DTMS_SPEC_TEXT_LIMIT);
   spec.path=CCodes::Clip(SymbolInfoString(symbol,SYMBOL_PATH),DTMS_SPEC_TEXT_LIMIT);
   spec.description=CCodes::Clip(SymbolInfoString(symbol,SYMBOL_DESCRIPTION),DTMS_SPEC_TEXT_LIMIT);
  }

//--- the trade sessions of Sunday to Saturday
void CSymbolSpecReader::ReadSessions(const string symbol,SSymbolSpec &spec)
  {
   ArrayFree(spec.sessions);
   for(int day=0; day<7; day++)
      for(int index=0; index<DTMS_SESSIONS_A_DAY; index++)
        {
         datetime from=0;
         datetime to=0;
         if(!SymbolInfoSessionTrade(symbol,(ENUM_DAY_OF_WEEK)day,(uint)index,from,to))
            break;
         int total=ArraySize(spec.sessions);
         if(ArrayResize(spec.sessions,total+1,32)<total+1)
            return;
         spec.sessions[total].day=(uint)day;
         spec.sessions[total].from_s=(uint)(long)from;
         spec.sessions[total].to_s=(uint)(long)to;
        }
  }

uint CSymbolSpecReader::TradeMode(const ENUM_SYMBOL_TRADE_MODE mode)
  {
   switch(mode)
     {
      case SYMBOL_TRADE_MODE_LONGONLY:
         return(1);
      case SYMBOL_TRADE_MODE_SHORTONLY:
         return(2);
      case SYMBOL_TRADE_MODE_CLOSEONLY:
         return(3);
      case SYMBOL_TRADE_MODE_FULL:
         return(4);
      default:
         return(0);
     }
  }

uint CSymbolSpecReader::ExecutionMode(const ENUM_SYMBOL_TRADE_EXECUTION mode)
  {
   switch(mode)
     {
      case SYMBOL_TRADE_EXECUTION_INSTANT:
         return(1);
      case SYMBOL_TRADE_EXECUTION_MARKET:
         return(2);
      case SYMBOL_TRADE_EXECUTION_EXCHANGE:
         return(3);
      default:
         return(0);
     }
  }

//--- whether nothing differs. Tick values move with every quote of the account's currency; they are
//--- compared to one part in a thousand, which is finer than any decision needs and coarser than their noise
bool CSymbolSpecReader::Same(const SSymbolSpec &one,const SSymbolSpec &other)
  {
   return(SameMoney(one,other) && SameTrading(one,other) && SameSessions(one,other));
  }

bool CSymbolSpecReader::SameMoney(const SSymbolSpec &one,const SSymbolSpec &other)
  {
   return(one.digits==other.digits && one.point==other.point && one.tick_size==other.tick_size
          && MathAbs(one.tick_value_profit-other.tick_value_profit)<=0.001*one.tick_value_profit
          && MathAbs(one.tick_value_loss-other.tick_value_loss)<=0.001*one.tick_value_loss
          && one.contract_size==other.contract_size && one.volume_min==other.volume_min && one.volume_max==other.volume_max
          && one.volume_step==other.volume_step && one.volume_limit==other.volume_limit && one.swap_long==other.swap_long
          && one.swap_short==other.swap_short && one.margin_hedged==other.margin_hedged);
  }

bool CSymbolSpecReader::SameTrading(const SSymbolSpec &one,const SSymbolSpec &other)
  {
   return(one.stops_level==other.stops_level && one.freeze_level==other.freeze_level && one.trade_mode==other.trade_mode
          && one.execution_mode==other.execution_mode && one.filling_mask==other.filling_mask && one.order_mask==other.order_mask
          && one.calc_mode==other.calc_mode && one.swap_mode==other.swap_mode && one.swap_triple_day==other.swap_triple_day);
  }

bool CSymbolSpecReader::SameSessions(const SSymbolSpec &one,const SSymbolSpec &other)
  {
   int total=ArraySize(one.sessions);
   if(ArraySize(other.sessions)!=total)
      return(false);
   for(int i=0; i<total; i++)
      if(one.sessions[i].day!=other.sessions[i].day || one.sessions[i].from_s!=other.sessions[i].from_s
         || one.sessions[i].to_s!=other.sessions[i].to_s)
         return(false);
   return(true);
  }

#endif
//+------------------------------------------------------------------+
