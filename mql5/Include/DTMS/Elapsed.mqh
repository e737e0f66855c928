//+------------------------------------------------------------------+
//| Elapsed.mqh                                                      |
//+------------------------------------------------------------------+
#ifndef DTMS_ELAPSED_MQH
#define DTMS_ELAPSED_MQH

//+------------------------------------------------------------------+
//| Milliseconds between two looks at GetTickCount64. A handler      |
//| works with the time at which it began; what it calls may have    |
//| looked again since, so the earlier look can be the larger        |
//| number: then nothing has passed, and no unsigned difference      |
//| becomes an age of millions of years.                             |
//+------------------------------------------------------------------+
class CElapsed
  {
public:
   static ulong      Ms(const ulong now_ms,const ulong since_ms) { return(now_ms>since_ms ? now_ms-since_ms : 0); }
  };

#endif
