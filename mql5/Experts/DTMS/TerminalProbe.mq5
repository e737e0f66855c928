//+------------------------------------------------------------------+
//| TerminalProbe.mq5                                                |
//| what only an Expert Advisor sees of a terminal, then it is gone  |
//+------------------------------------------------------------------+
#property copyright "DTMS"
#property version   "1.00"
#property description "Measures the timer. With SendOrders, and on a demo account only, it opens the smallest position"
#property description "of the chart's symbol, closes it, and compares what the terminal tells of it."

#include <DTMS/TerminalProbe.mqh>

input bool SendOrders=false;   // open and close one position (demo accounts only)

CTerminalProbe g_probe;

int OnInit(void)
  {
   return(g_probe.Start(_Symbol,SendOrders) ? INIT_SUCCEEDED : INIT_FAILED);
  }

void OnDeinit(const int reason)
  {
   EventKillTimer();
  }

void OnTimer(void)
  {
   g_probe.OnTimer();
  }

void OnTradeTransaction(const MqlTradeTransaction &trans,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   g_probe.OnTransaction(trans,result);
  }
//+------------------------------------------------------------------+
