//+------------------------------------------------------------------+
//| Index.mq5                                                        |
//| a table of numbers, driven by a list of operations               |
//+------------------------------------------------------------------+
#include <DTMS/TicketIndex.mqh>

input string Operations="";  // p<key>=<value>, r<key>, f<key>, by commas

CTicketIndex g_index;

//--- one operation; what a find found is appended
void Operate(const string operation,string &found)
  {
   string rest=StringSubstr(operation,1);
   if(StringSubstr(operation,0,1)=="p")
     {
      int at=StringFind(rest,"=");
      g_index.Put((ulong)StringToInteger(StringSubstr(rest,0,at)),(int)StringToInteger(StringSubstr(rest,at+1)));
      return;
     }
   if(StringSubstr(operation,0,1)=="r")
      g_index.Remove((ulong)StringToInteger(rest));
   else
      found+=IntegerToString(g_index.Find((ulong)StringToInteger(rest)))+",";
  }

int OnInit(void)
  {
   string parts[];
   string found="";
   int total=StringSplit(Operations,',',parts);
   for(int i=0; i<total; i++)
      Operate(parts[i],found);
   Comment("found=",found,";count=",g_index.Count());
   return(INIT_SUCCEEDED);
  }
//+------------------------------------------------------------------+
