//+------------------------------------------------------------------+
//| Settings.mqh                                                     |
//| the inputs, as the program uses them                             |
//+------------------------------------------------------------------+
#ifndef DTMS_SETTINGS_MQH
#define DTMS_SETTINGS_MQH

struct SSettings
  {
   string            servers;
   string            symbols;
   int               timer_ms;
   double            max_open_lots;
   int               max_orders_per_minute;
   bool              allow_modify;
   bool              allow_reduce;
   string            allowed_symbols;
   bool              autonomous_modify;
   bool              autonomous_close;
   bool              show_panel;
   int               result_timeout_ms;
   int               catch_up_ms;
   int               scan_ms;
   int               debounce_ms;
   int               reconnect_min_ms;
   int               reconnect_max_ms;
   int               logon_timeout_ms;

                     SSettings(void) : servers(""),symbols(""),timer_ms(10),max_open_lots(0.0),max_orders_per_minute(60),allow_modify(true),
                     allow_reduce(true),allowed_symbols(""),autonomous_modify(false),autonomous_close(false),show_panel(true),
                     result_timeout_ms(5000),catch_up_ms(10000),scan_ms(250),debounce_ms(1000),reconnect_min_ms(250),
                     reconnect_max_ms(8000),logon_timeout_ms(5000) {}
  };

//+------------------------------------------------------------------+
//| CSettings: lists that stand in one input                         |
//+------------------------------------------------------------------+
class CSettings
  {
public:
   static int        Split(const string list,string &names[]);
   static string     Fault(const SSettings &settings);
  };

//--- the names of a comma list without blanks and empty ones; returns how many.
//--- Texts read from a .set file may end in a carriage return, which is a blank too.
int CSettings::Split(const string list,string &names[])
  {
   string parts[];
   int total=StringSplit(list,',',parts);
   int kept=0;
   ArrayFree(names);
   for(int i=0; i<total; i++)
     {
      string name=parts[i];
      int trimmed=StringTrimLeft(name)+StringTrimRight(name);
      if(StringLen(name)==0 || trimmed<0 || ArrayResize(names,kept+1,16)<=kept)
         continue;
      names[kept]=name;
      kept++;
     }
   return(kept);
  }

//--- what is wrong with the inputs, one sentence; empty: nothing
string CSettings::Fault(const SSettings &settings)
  {
   if(settings.timer_ms<1 || settings.timer_ms>1000)
      return("the input TimerMs must lie between 1 and 1000");
   if(!MathIsValidNumber(settings.max_open_lots) || settings.max_open_lots<0.0)
      return("the input MaxOpenLots must not be negative");
   if(settings.max_orders_per_minute<0)
      return("the input MaxOrdersPerMinute must not be negative");
   if(settings.result_timeout_ms<1 || settings.catch_up_ms<1 || settings.scan_ms<1 || settings.debounce_ms<0)
      return("a time among the inputs is negative or zero");
   if(settings.reconnect_min_ms<1 || settings.reconnect_max_ms<settings.reconnect_min_ms || settings.logon_timeout_ms<1)
      return("the inputs about reconnecting contradict each other");
   return("");
  }

#endif
//+------------------------------------------------------------------+
