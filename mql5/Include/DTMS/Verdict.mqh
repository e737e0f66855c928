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

//--- what a command knows from its arrival and its earlier requests
struct SAttempt
  {
   ulong             position_id;  // 0: the ticket was never seen
   ulong             by_id;        // close by: of the opposite position
   int               slack;        // ticks of distance more than the broker names
   int               fillings;     // kinds of filling that were refused
   double            booked;       // lots closed by the parts before

                     SAttempt(void) : position_id(0),by_id(0),slack(0),fillings(0),booked(0.0) {}
  };

#endif
//+------------------------------------------------------------------+
