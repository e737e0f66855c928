//+------------------------------------------------------------------+
//| HandsOff.mqh                                                     |
//| that DTMS is to keep its hands off, on disk                      |
//+------------------------------------------------------------------+
#ifndef DTMS_HANDS_OFF_MQH
#define DTMS_HANDS_OFF_MQH

#include "SmallFile.mqh"

//+------------------------------------------------------------------+
//| CHandsOff: what the chart's button says is kept for the chart,   |
//| what the bridge says with the files of the account. No file, or  |
//| one that is not whole, says nothing.                             |
//+------------------------------------------------------------------+
class CHandsOff
  {
public:
   static string     OfChart(const string instance) { return("DTMS\\hands-off-"+instance); }
   static bool       Load(const string name);
   static void       Save(const string name,const bool on);
  };

bool CHandsOff::Load(const string name)
  {
   CMsgPackReader content;
   bool on=false;
   return(CSmallFile::Load(name,content) && content.Flag(on) && on);
  }

void CHandsOff::Save(const string name,const bool on)
  {
   CMsgPackWriter content;
   content.Flag(on);
   if(!CSmallFile::Save(name,content))
      Print("DTMS: hands off ",on ? "on" : "off"," cannot be written (error ",GetLastError(),"): a restart of the terminal forgets it");
  }

#endif
//+------------------------------------------------------------------+
