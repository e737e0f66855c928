//+------------------------------------------------------------------+
//| Verdict.mqh                                                      |
//| what the checks say about a command                              |
//+------------------------------------------------------------------+
#ifndef DTMS_VERDICT_MQH
#define DTMS_VERDICT_MQH

#include "Protocol.mqh"

//--- either a request is to be made, or the command is answered with this
struct SVerdict
  {
   bool              act;
   bool              again;      // after this request another one is needed: the volume exceeds what one may have
   int               outcome;
   int               why;
   uint              retcode;
   string            detail;

                     SVerdict(void) : act(false),again(false),outcome(0),why(0),retcode(0),detail("") {}

   void              Act(void)
     {
      act=true;
      outcome=0;
      why=DTMS_WHY_NONE;
     }

   void              Answer(const int what,const int reason,const string text)
     {
      act=false;
      outcome=what;
      why=reason;
      detail=text;
     }
  };

#endif
//+------------------------------------------------------------------+
