//+------------------------------------------------------------------+
//| Retcodes.mqh                                                     |
//| what a return code of the trade server means for a command       |
//+------------------------------------------------------------------+
#ifndef DTMS_RETCODES_MQH
#define DTMS_RETCODES_MQH

//--- PROTOCOL.md, part 6, outcome by return code
enum ENUM_RETCODE_CLASS
  {
   RETCODE_DONE,
   RETCODE_PARTIAL,
   RETCODE_WAS_SO,         // done, and it was so before
   RETCODE_REPRICE,        // the same again with a fresh price
   RETCODE_NEXT_QUOTE,     // the same again with the next quote
   RETCODE_UNCLEAR,        // it may have been executed: look first
   RETCODE_LATER,          // a new command may succeed
   RETCODE_FIX,            // put right and sent once more
   RETCODE_OTHER_PLAN,     // the broker forbids it in this form
   RETCODE_REFUSED
  };

class CRetcodes
  {
public:
   static ENUM_RETCODE_CLASS Class(const uint retcode,const bool reduces);
  };

ENUM_RETCODE_CLASS CRetcodes::Class(const uint retcode,const bool reduces)
  {
   switch((int)retcode)
     {
      case TRADE_RETCODE_DONE:
         return(RETCODE_DONE);
      case TRADE_RETCODE_DONE_PARTIAL:
         return(RETCODE_PARTIAL);
      case TRADE_RETCODE_NO_CHANGES:
         return(RETCODE_WAS_SO);
      case TRADE_RETCODE_POSITION_CLOSED:
         return(reduces ? RETCODE_WAS_SO : RETCODE_REFUSED);
      case TRADE_RETCODE_REQUOTE:
      case TRADE_RETCODE_PRICE_CHANGED:
         return(RETCODE_REPRICE);
      case TRADE_RETCODE_PRICE_OFF:
         return(RETCODE_NEXT_QUOTE);
      case TRADE_RETCODE_PLACED:
      case TRADE_RETCODE_ERROR:
      case TRADE_RETCODE_TIMEOUT:
      case TRADE_RETCODE_CONNECTION:
         return(RETCODE_UNCLEAR);
      case TRADE_RETCODE_MARKET_CLOSED:
      case TRADE_RETCODE_ORDER_CHANGED:
      case TRADE_RETCODE_TOO_MANY_REQUESTS:
      case TRADE_RETCODE_LOCKED:
      case TRADE_RETCODE_FROZEN:
      case TRADE_RETCODE_CLOSE_ORDER_EXIST:
         return(RETCODE_LATER);
      case TRADE_RETCODE_INVALID_VOLUME:
      case TRADE_RETCODE_INVALID_PRICE:
      case TRADE_RETCODE_INVALID_STOPS:
      case TRADE_RETCODE_INVALID_FILL:
      case TRADE_RETCODE_INVALID_CLOSE_VOLUME:
         return(RETCODE_FIX);
      case TRADE_RETCODE_LONG_ONLY:
      case TRADE_RETCODE_SHORT_ONLY:
      case TRADE_RETCODE_CLOSE_ONLY:
      case TRADE_RETCODE_FIFO_CLOSE:
      case TRADE_RETCODE_HEDGE_PROHIBITED:
         return(RETCODE_OTHER_PLAN);
      default:
         return(RETCODE_REFUSED);
     }
  }

#endif
//+------------------------------------------------------------------+
