//+------------------------------------------------------------------+
//| Codes.mqh                                                        |
//| the terminal's enumerations as the numbers of the protocol       |
//+------------------------------------------------------------------+
#ifndef DTMS_CODES_MQH
#define DTMS_CODES_MQH

#include "Protocol.mqh"

//+------------------------------------------------------------------+
//| CCodes: translations that keep no state. The terminal's numbers  |
//| differ between builds, so only names are compared.               |
//+------------------------------------------------------------------+
class CCodes
  {
public:
   static int        Side(const ENUM_POSITION_TYPE kind);
   static int        PositionReason(const ENUM_POSITION_REASON reason);
   static int        DealReason(const ENUM_DEAL_REASON reason);
   static int        DealType(const ENUM_DEAL_TYPE kind);
   static int        DealEntry(const ENUM_DEAL_ENTRY entry);
   static int        OrderState(const ENUM_ORDER_STATE state);
   static uint       OrderType(const ENUM_ORDER_TYPE kind);
   static int        MarginMode(const ENUM_ACCOUNT_MARGIN_MODE mode);
   static int        TradeMode(const ENUM_ACCOUNT_TRADE_MODE mode);
   static uint       Importance(const ENUM_CALENDAR_EVENT_IMPORTANCE importance);
   static ENUM_TIMEFRAMES Timeframe(const uint minutes);
   static double     Finite(const double value);
   static double     NotNegative(const double value);
   static string     Clip(const string text,const int characters);
  };

int CCodes::Side(const ENUM_POSITION_TYPE kind)
  {
   return(kind==POSITION_TYPE_SELL ? DTMS_SIDE_SELL : DTMS_SIDE_BUY);
  }

int CCodes::PositionReason(const ENUM_POSITION_REASON reason)
  {
   switch(reason)
     {
      case POSITION_REASON_CLIENT:
         return(DTMS_REASON_CLIENT);
      case POSITION_REASON_MOBILE:
         return(DTMS_REASON_MOBILE);
      case POSITION_REASON_WEB:
         return(DTMS_REASON_WEB);
      case POSITION_REASON_EXPERT:
         return(DTMS_REASON_EXPERT);
      default:
         return(DTMS_REASON_OTHER);
     }
  }

int CCodes::DealReason(const ENUM_DEAL_REASON reason)
  {
   switch(reason)
     {
      case DEAL_REASON_CLIENT:
         return(DTMS_REASON_CLIENT);
      case DEAL_REASON_MOBILE:
         return(DTMS_REASON_MOBILE);
      case DEAL_REASON_WEB:
         return(DTMS_REASON_WEB);
      case DEAL_REASON_EXPERT:
         return(DTMS_REASON_EXPERT);
      case DEAL_REASON_SL:
         return(DTMS_REASON_STOP_LOSS);
      case DEAL_REASON_TP:
         return(DTMS_REASON_TAKE_PROFIT);
      case DEAL_REASON_SO:
         return(DTMS_REASON_STOP_OUT);
      case DEAL_REASON_ROLLOVER:
         return(DTMS_REASON_ROLLOVER);
      case DEAL_REASON_VMARGIN:
         return(DTMS_REASON_VARIATION_MARGIN);
      case DEAL_REASON_SPLIT:
         return(DTMS_REASON_SPLIT);
      case DEAL_REASON_CORPORATE_ACTION:
         return(DTMS_REASON_CORPORATE_ACTION);
      default:
         return(DTMS_REASON_OTHER);
     }
  }

int CCodes::DealType(const ENUM_DEAL_TYPE kind)
  {
   switch(kind)
     {
      case DEAL_TYPE_BUY:
         return(DTMS_DEAL_TYPE_BUY);
      case DEAL_TYPE_SELL:
         return(DTMS_DEAL_TYPE_SELL);
      case DEAL_TYPE_BALANCE:
         return(DTMS_DEAL_TYPE_BALANCE);
      default:
         return(DTMS_DEAL_TYPE_OTHER);
     }
  }

int CCodes::DealEntry(const ENUM_DEAL_ENTRY entry)
  {
   switch(entry)
     {
      case DEAL_ENTRY_OUT:
         return(DTMS_DEAL_ENTRY_OUT);
      case DEAL_ENTRY_INOUT:
         return(DTMS_DEAL_ENTRY_INOUT);
      case DEAL_ENTRY_OUT_BY:
         return(DTMS_DEAL_ENTRY_OUT_BY);
      default:
         return(DTMS_DEAL_ENTRY_IN);
     }
  }

int CCodes::OrderState(const ENUM_ORDER_STATE state)
  {
   switch(state)
     {
      case ORDER_STATE_FILLED:
         return(DTMS_ORDER_STATE_FILLED);
      case ORDER_STATE_CANCELED:
         return(DTMS_ORDER_STATE_CANCELED);
      case ORDER_STATE_REJECTED:
         return(DTMS_ORDER_STATE_REJECTED);
      case ORDER_STATE_EXPIRED:
         return(DTMS_ORDER_STATE_EXPIRED);
      default:
         return(DTMS_ORDER_STATE_LIVE);
     }
  }

//--- ORDER_TYPE as the protocol counts it
uint CCodes::OrderType(const ENUM_ORDER_TYPE kind)
  {
   switch(kind)
     {
      case ORDER_TYPE_BUY:
         return(0);
      case ORDER_TYPE_SELL:
         return(1);
      case ORDER_TYPE_BUY_LIMIT:
         return(2);
      case ORDER_TYPE_SELL_LIMIT:
         return(3);
      case ORDER_TYPE_BUY_STOP:
         return(4);
      case ORDER_TYPE_SELL_STOP:
         return(5);
      case ORDER_TYPE_BUY_STOP_LIMIT:
         return(6);
      case ORDER_TYPE_SELL_STOP_LIMIT:
         return(7);
      default:
         return(8);
     }
  }

int CCodes::MarginMode(const ENUM_ACCOUNT_MARGIN_MODE mode)
  {
   switch(mode)
     {
      case ACCOUNT_MARGIN_MODE_RETAIL_HEDGING:
         return(DTMS_MARGIN_MODE_HEDGING);
      case ACCOUNT_MARGIN_MODE_EXCHANGE:
         return(DTMS_MARGIN_MODE_EXCHANGE);
      default:
         return(DTMS_MARGIN_MODE_NETTING);
     }
  }

//--- what is neither demo nor contest counts as real money
int CCodes::TradeMode(const ENUM_ACCOUNT_TRADE_MODE mode)
  {
   switch(mode)
     {
      case ACCOUNT_TRADE_MODE_DEMO:
         return(DTMS_TRADE_MODE_DEMO);
      case ACCOUNT_TRADE_MODE_CONTEST:
         return(DTMS_TRADE_MODE_CONTEST);
      default:
         return(DTMS_TRADE_MODE_REAL);
     }
  }

//--- the reference lists the members in this order: none, low, moderate, high
uint CCodes::Importance(const ENUM_CALENDAR_EVENT_IMPORTANCE importance)
  {
   return((uint)MathMax(0,MathMin(3,(int)importance)));
  }

//--- the terminal's timeframe of so many minutes; PERIOD_CURRENT: there is none
ENUM_TIMEFRAMES CCodes::Timeframe(const uint minutes)
  {
   switch((int)minutes)
     {
      case 1:
         return(PERIOD_M1);
      case 2:
         return(PERIOD_M2);
      case 3:
         return(PERIOD_M3);
      case 4:
         return(PERIOD_M4);
      case 5:
         return(PERIOD_M5);
      case 6:
         return(PERIOD_M6);
      case 10:
         return(PERIOD_M10);
      case 12:
         return(PERIOD_M12);
      case 15:
         return(PERIOD_M15);
      case 20:
         return(PERIOD_M20);
      case 30:
         return(PERIOD_M30);
      case 60:
         return(PERIOD_H1);
      case 120:
         return(PERIOD_H2);
      case 180:
         return(PERIOD_H3);
      case 240:
         return(PERIOD_H4);
      case 360:
         return(PERIOD_H6);
      case 480:
         return(PERIOD_H8);
      case 720:
         return(PERIOD_H12);
      case 1440:
         return(PERIOD_D1);
      case 10080:
         return(PERIOD_W1);
      case 43200:
         return(PERIOD_MN1);
      default:
         return(PERIOD_CURRENT);
     }
  }

//--- the value, or 0 for NaN and the infinities, which the wire refuses
double CCodes::Finite(const double value)
  {
   return(MathIsValidNumber(value) ? value : 0.0);
  }

//--- the value, or 0 where it is negative or no number
double CCodes::NotNegative(const double value)
  {
   return(MathIsValidNumber(value) && value>0.0 ? value : 0.0);
  }

//--- the text, cut to what its field holds
string CCodes::Clip(const string text,const int characters)
  {
   return(StringLen(text)>characters ? StringSubstr(text,0,characters) : text);
  }

#endif
//+------------------------------------------------------------------+
