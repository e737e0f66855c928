//+------------------------------------------------------------------+
//| DtmsBridge.mq5                                                   |
//| connects one terminal to the DTMS service                        |
//+------------------------------------------------------------------+
#property copyright "DTMS"
#property version   "1.00"
#property description "Sends quotes, positions and the account to DTMS and executes its commands."
#property description "Add the host of Servers to the allowed list: Tools > Options > Expert Advisors."

#include <DTMS/Bridge.mqh>

input string Servers="127.0.0.1:5557";      // DTMS, host:port; more than one: by commas
input string KeyFile="";                    // key file of dtms keygen in MQL5/Files; empty: not encrypted, for this machine only
input string Symbols="";                    // symbols beside the chart's, by commas
input int    TimerMs=10;                    // time between two passes, ms
input double MaxOpenLots=0.0;               // lots that DTMS may have open of its own; 0: it opens nothing
input int    MaxOrdersPerMinute=60;         // requests in a minute; reductions are never held back
input bool   AllowModify=true;              // may tighten stops and set targets
input bool   AllowReduce=true;              // may close and reduce positions
input string AllowedSymbols="";             // symbols that may be opened, by commas; empty: any
input bool   AllowAutonomousModify=false;   // may tighten by itself after silence
input bool   AllowAutonomousClose=false;    // may close by itself after silence
input bool   ShowPanel=true;                // show the panel on the chart
input int    ResultTimeoutMs=5000;          // an answer of the broker later than this is searched for
input int    CatchUpMs=10000;               // time that the history gets to catch up
input int    ScanMs=250;                    // time between two looks at positions
input int    DebounceMs=1000;               // a position must be gone so long before it is called closed
input int    ReconnectMinMs=250;            // first pause before dialing again
input int    ReconnectMaxMs=8000;           // longest pause
input int    LogonTimeoutMs=5000;           // a server that does not answer the logon is left
#ifdef DTMS_FAULTS
input string FaultsOff="";                  // rules that the fault simulator switches off, by commas
#endif

CBridge g_bridge;

int OnInit(void)
  {
#ifdef DTMS_FAULTS
   CRules::SwitchOff(FaultsOff);
#endif
   SSettings settings;
   settings.servers=Servers;
   settings.key_file=KeyFile;
   settings.symbols=Symbols;
   settings.timer_ms=TimerMs;
   settings.max_open_lots=MaxOpenLots;
   settings.max_orders_per_minute=MaxOrdersPerMinute;
   settings.allow_modify=AllowModify;
   settings.allow_reduce=AllowReduce;
   settings.allowed_symbols=AllowedSymbols;
   settings.autonomous_modify=AllowAutonomousModify;
   settings.autonomous_close=AllowAutonomousClose;
   settings.show_panel=ShowPanel;
   settings.result_timeout_ms=ResultTimeoutMs;
   settings.catch_up_ms=CatchUpMs;
   settings.scan_ms=ScanMs;
   settings.debounce_ms=DebounceMs;
   settings.reconnect_min_ms=ReconnectMinMs;
   settings.reconnect_max_ms=ReconnectMaxMs;
   settings.logon_timeout_ms=LogonTimeoutMs;
   return(g_bridge.Init(settings));
  }

void OnDeinit(const int reason)
  {
   g_bridge.Deinit(reason);
  }

void OnTimer(void)
  {
   g_bridge.OnTimer();
  }

void OnTick(void)
  {
   g_bridge.OnTick();
  }

void OnTrade(void)
  {
   g_bridge.OnTrade();
  }

void OnTradeTransaction(const MqlTradeTransaction &trans,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   g_bridge.OnTransaction(trans,request,result);
  }

void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   if(id==CHARTEVENT_OBJECT_CLICK)
      g_bridge.OnClick(sparam);
  }
//+------------------------------------------------------------------+
