//+------------------------------------------------------------------+
//| Settings.mqh                                                     |
//| the inputs, as the program uses them                             |
//+------------------------------------------------------------------+
#ifndef DTMS_SETTINGS_MQH
#define DTMS_SETTINGS_MQH

struct SSettings
  {
   string            servers;
   string            key_file;
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

                     SSettings(void) : servers(""),key_file(""),symbols(""),timer_ms(10),max_open_lots(0.0),max_orders_per_minute(60),allow_modify(true),
                     allow_reduce(true),allowed_symbols(""),autonomous_modify(false),autonomous_close(false),show_panel(true),
                     result_timeout_ms(5000),catch_up_ms(10000),scan_ms(250),debounce_ms(1000),reconnect_min_ms(250),
                     reconnect_max_ms(8000),logon_timeout_ms(5000) {}
  };

//+------------------------------------------------------------------+
//| CSettings: lists that stand in one input, and what is wrong       |
//+------------------------------------------------------------------+
class CSettings
  {
private:
   static bool       IsHere(const string host);

public:
   static int        Split(const string list,string &names[]);
   static string     Trimmed(const string text);
   static string     Fault(const SSettings &settings);
   static string     FarServer(const string list);
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

//--- the first server that is not on this computer; empty: all are, or it is no list of servers, which is said elsewhere
string CSettings::FarServer(const string list)
  {
   string names[];
   int total=Split(list,names);
   for(int i=0; i<total; i++)
     {
      int colon=StringLen(names[i])-1;
      while(colon>0 && StringGetCharacter(names[i],colon)!=':')
         colon--;
      string host=StringSubstr(names[i],0,colon);
      if(colon>0 && !IsHere(host))
         return(host);
     }
   return("");
  }

//--- whether a host is this computer: 127.0.0.0/8 in four numbers, for "127.example.com" is a name
bool CSettings::IsHere(const string host)
  {
   if(host=="localhost" || host=="[::1]")
      return(true);
   string parts[];
   if(StringSplit(host,'.',parts)!=4 || parts[0]!="127")
      return(false);
   for(int i=1; i<4; i++)
     {
      long number=StringToInteger(parts[i]);
      if(number<0 || number>255 || IntegerToString(number)!=parts[i])
         return(false);
     }
   return(true);
  }

//--- a text without blanks around it, and without the carriage return of a .set file
string CSettings::Trimmed(const string text)
  {
   string trimmed=text;
   if(StringTrimLeft(trimmed)<0 || StringTrimRight(trimmed)<0)
      return("");
   return(trimmed);
  }

//--- what is wrong with the inputs, one sentence; empty: nothing
string CSettings::Fault(const SSettings &settings)
  {
   if(settings.timer_ms<1 || settings.timer_ms>1000)
      return("the input TimerMs must lie between 1 and 1000");
   if(!MathIsValidNumber(settings.max_open_lots) || settings.max_open_lots<0.0)
      return("the input MaxOpenLots must not be negative");
   string far=(Trimmed(settings.key_file)=="" ? FarServer(settings.servers) : "");
   if(far!="")
      return("the input Servers names "+far+", but without a key file the link must not leave this computer: only 127.x.x.x, localhost and [::1]");
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
