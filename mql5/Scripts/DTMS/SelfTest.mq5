//+------------------------------------------------------------------+
//| SelfTest.mq5                                                     |
//| shows on a terminal what the Expert Advisor takes for granted    |
//+------------------------------------------------------------------+
#property copyright "DTMS"
#property version   "1.00"
#property description "Checks this terminal against what DtmsBridge assumes; sends no order."
#property description "Needs the golden vectors (schemas/vectors/*.msgpack) in MQL5/Files/DTMS/vectors."
#property script_show_inputs

#include <DTMS/SelfTest.mqh>

input string Server="";      // DTMS, host:port; empty: the socket checks are skipped
input string TickSymbol="";  // symbol whose quotes are read; empty: the chart's

void OnStart(void)
  {
   CSelfTest test;
   test.Run(Server,TickSymbol!="" ? TickSymbol : _Symbol);
  }
//+------------------------------------------------------------------+
