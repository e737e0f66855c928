//+------------------------------------------------------------------+
//| BarReader.mqh                                                    |
//| bars of the terminal as bars of the wire                         |
//+------------------------------------------------------------------+
#ifndef DTMS_BAR_READER_MQH
#define DTMS_BAR_READER_MQH

#include "Codes.mqh"
#include "Messages.mqh"

//+------------------------------------------------------------------+
//| CBarReader: CopyRates, without the bar that is still forming     |
//+------------------------------------------------------------------+
class CBarReader
  {
public:
   static bool       Row(const MqlRates &rate,SBarRow &row);
   static long       FormingSince(const string symbol,const ENUM_TIMEFRAMES timeframe);
   static int        Last(const string symbol,const ENUM_TIMEFRAMES timeframe,const int count,MqlRates &rates[]);
   static int        From(const string symbol,const ENUM_TIMEFRAMES timeframe,const long from_s,MqlRates &rates[]);
  };

//--- false: a price that is none; such a bar is left out
bool CBarReader::Row(const MqlRates &rate,SBarRow &row)
  {
   row.ts_open=(long)rate.time*1000;
   row.open=CCodes::NotNegative(rate.open);
   row.high=CCodes::NotNegative(rate.high);
   row.low=CCodes::NotNegative(rate.low);
   row.close=CCodes::NotNegative(rate.close);
   row.tick_volume=(ulong)(rate.tick_volume>0 ? rate.tick_volume : 0);
   row.spread=(uint)(rate.spread>0 ? rate.spread : 0);
   row.real_volume=(ulong)(rate.real_volume>0 ? rate.real_volume : 0);
   return(row.ts_open>=0 && row.open>0.0 && row.high>0.0 && row.low>0.0 && row.close>0.0);
  }

//--- when the bar that is forming opened, in server seconds; 0: the terminal cannot tell
long CBarReader::FormingSince(const string symbol,const ENUM_TIMEFRAMES timeframe)
  {
   MqlRates forming[];
   return(CopyRates(symbol,timeframe,0,1,forming)==1 ? (long)forming[0].time : 0);
  }

//--- the last `count` closed bars, oldest first; returns how many, -1 if the terminal cannot tell
int CBarReader::Last(const string symbol,const ENUM_TIMEFRAMES timeframe,const int count,MqlRates &rates[])
  {
   return(CopyRates(symbol,timeframe,1,count,rates));
  }

//--- the closed bars that opened at a time or later, oldest first; returns how many, -1 if the terminal cannot tell
int CBarReader::From(const string symbol,const ENUM_TIMEFRAMES timeframe,const long from_s,MqlRates &rates[])
  {
   long open_s=FormingSince(symbol,timeframe);
   if(open_s<=0)
      return(-1);
   if(from_s>=open_s)
      return(0);
   int total=CopyRates(symbol,timeframe,(datetime)from_s,(datetime)(open_s-1),rates);
   while(total>0 && (long)rates[total-1].time>=open_s)
      total--;
   return(total);
  }

#endif
//+------------------------------------------------------------------+
