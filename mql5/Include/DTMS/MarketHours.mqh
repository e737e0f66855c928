//+------------------------------------------------------------------+
//| MarketHours.mqh                                                  |
//| whether a symbol is traded at this time                          |
//+------------------------------------------------------------------+
#ifndef DTMS_MARKET_HOURS_MQH
#define DTMS_MARKET_HOURS_MQH

#define DTMS_DAY_S        86400
#define DTMS_EPOCH_DAY    4      // 1 January 1970 was a Thursday
#define DTMS_HOURS_A_DAY  16     // sessions of one day that are looked at

//+------------------------------------------------------------------+
//| CMarketHours: the broker's table of trade sessions. A symbol     |
//| without any is taken as open: the broker then answers.           |
//+------------------------------------------------------------------+
class CMarketHours
  {
private:
   static bool       Within(const string symbol,const int day,const long second,bool &has_any);

public:
   static bool       IsOpen(const string symbol);
  };

bool CMarketHours::IsOpen(const string symbol)
  {
   if((ENUM_SYMBOL_TRADE_MODE)SymbolInfoInteger(symbol,SYMBOL_TRADE_MODE)==SYMBOL_TRADE_MODE_DISABLED)
      return(false);
   long now_s=(long)TimeTradeServer();
   int day=(int)((now_s/DTMS_DAY_S+DTMS_EPOCH_DAY)%7);
   long second=now_s%DTMS_DAY_S;
   bool has_any=false;
//--- a session may pass midnight
   if(Within(symbol,day,second,has_any) || Within(symbol,(day+6)%7,second+DTMS_DAY_S,has_any))
      return(true);
   for(int other=0; other<7 && !has_any; other++)
      if(Within(symbol,other,-1,has_any))
         return(true);
   return(!has_any);
  }

//--- whether a second of that day, counted from its midnight, lies in one of the day's sessions
bool CMarketHours::Within(const string symbol,const int day,const long second,bool &has_any)
  {
   for(int index=0; index<DTMS_HOURS_A_DAY; index++)
     {
      datetime from=0;
      datetime to=0;
      if(!SymbolInfoSessionTrade(symbol,(ENUM_DAY_OF_WEEK)day,(uint)index,from,to))
         return(false);
      has_any=true;
      if(second>=(long)from && second<(long)to)
         return(true);
     }
   return(false);
  }

#endif
//+------------------------------------------------------------------+
