//+------------------------------------------------------------------+
//| HeldPosition.mqh                                                 |
//| a position as it was told last, and as the terminal has it       |
//+------------------------------------------------------------------+
#ifndef DTMS_HELD_POSITION_MQH
#define DTMS_HELD_POSITION_MQH

#include "Codes.mqh"
#include "DealSums.mqh"
#include "Messages.mqh"

#define DTMS_POSITION_TEXT_LIMIT 512

//--- how often the deals of a position are read again when they do not account for its volume
#define DTMS_COSTS_TRIES         8

struct SHeldPosition
  {
   SPosition         told;          // what the bridge knows
   ulong             look;          // number of the last look that saw it
   ulong             last_deal;     // the newest of its deals that is known
   long              began;         // the reversal that began it, 0: it was opened, or DTMS_BEGAN_UNKNOWN
   bool              over;          // its identifier is open, but on the other side, or is another generation of this one
   int               costs_tries;   // reads of its deals that are still worth while
   bool              missing;
   ulong             missing_ms;
   int               missing_deals; // deals found at the last look in vain
   bool              looked_twice;

                     SHeldPosition(void) : look(0),last_deal(0),began(DTMS_BEGAN_UNKNOWN),over(false),costs_tries(DTMS_COSTS_TRIES),missing(false),missing_ms(0),missing_deals(-1),
                     looked_twice(false) {}
  };

//+------------------------------------------------------------------+
//| CPositionReader: the position that PositionGetTicket or          |
//| PositionSelectByTicket has selected                              |
//+------------------------------------------------------------------+
class CPositionReader
  {
public:
   static bool       Read(const ulong ticket,SPosition &position);
   static bool       OtherSide(const SPosition &told);
   static int        Difference(const ulong ticket,const SPosition &told,const bool thorough);
   static ulong      ReadCosts(SPosition &position,SHeldPosition &held);
  };

//--- everything but the costs; false: not a position (it went away meanwhile)
bool CPositionReader::Read(const ulong ticket,SPosition &position)
  {
   position.ticket=ticket;
   position.position_id=(ulong)PositionGetInteger(POSITION_IDENTIFIER);
   position.symbol=PositionGetString(POSITION_SYMBOL);
   position.side=CCodes::Side((ENUM_POSITION_TYPE)PositionGetInteger(POSITION_TYPE));
   position.volume=CCodes::NotNegative(PositionGetDouble(POSITION_VOLUME));
   position.price_open=CCodes::NotNegative(PositionGetDouble(POSITION_PRICE_OPEN));
   position.stop_loss=CCodes::NotNegative(PositionGetDouble(POSITION_SL));
   position.has_stop_loss=(position.stop_loss>0.0);
   position.take_profit=CCodes::NotNegative(PositionGetDouble(POSITION_TP));
   position.has_take_profit=(position.take_profit>0.0);
   position.magic=(ulong)PositionGetInteger(POSITION_MAGIC);
   position.comment=CCodes::Clip(PositionGetString(POSITION_COMMENT),DTMS_POSITION_TEXT_LIMIT);
   long opened_ms=PositionGetInteger(POSITION_TIME_MSC);
   position.ts_open=(opened_ms>0 ? opened_ms : 0);
   position.swap=CCodes::Finite(PositionGetDouble(POSITION_SWAP));
   position.profit=CCodes::Finite(PositionGetDouble(POSITION_PROFIT));
   position.reason=CCodes::PositionReason((ENUM_POSITION_REASON)PositionGetInteger(POSITION_REASON));
   return(position.position_id!=0 && position.volume>0.0 && position.price_open>0.0 && StringLen(position.symbol)>0);
  }

//--- whether the position has turned round since it was told
bool CPositionReader::OtherSide(const SPosition &told)
  {
   return(CCodes::Side((ENUM_POSITION_TYPE)PositionGetInteger(POSITION_TYPE))!=told.side);
  }

//--- bits of Changed; a symbol that the broker gave another name counts as the ticket; the quick look leaves out what changes at night only
int CPositionReader::Difference(const ulong ticket,const SPosition &told,const bool thorough)
  {
   int changed=0;
   if(ticket!=told.ticket)
      changed|=DTMS_CHANGED_TICKET;
   if(PositionGetDouble(POSITION_VOLUME)!=told.volume)
      changed|=DTMS_CHANGED_VOLUME;
   if(CCodes::NotNegative(PositionGetDouble(POSITION_SL))!=(told.has_stop_loss ? told.stop_loss : 0.0))
      changed|=DTMS_CHANGED_STOP_LOSS;
   if(CCodes::NotNegative(PositionGetDouble(POSITION_TP))!=(told.has_take_profit ? told.take_profit : 0.0))
      changed|=DTMS_CHANGED_TAKE_PROFIT;
   if(!thorough)
      return(changed);
   if(PositionGetString(POSITION_SYMBOL)!=told.symbol)
      changed|=DTMS_CHANGED_TICKET;
   if(PositionGetDouble(POSITION_SWAP)!=told.swap)
      changed|=DTMS_CHANGED_COSTS;
   if(PositionGetDouble(POSITION_PRICE_OPEN)!=told.price_open)
      changed|=DTMS_CHANGED_PRICE_OPEN;
   return(changed);
  }

//--- Commission and fees from the deals, and the command that made a closing deal that is not told yet (0: none of ours).
//--- A deal may come after the position, so they are read again until they account for the volume, but not for ever: a
//--- broker may cut old history off. What accounts for the volume is told with it; closing deals after that are news, and
//--- a reversal ends the position even where another one has brought its side back.
ulong CPositionReader::ReadCosts(SPosition &position,SHeldPosition &held)
  {
   CDealSums sums;
   if(held.costs_tries>0)
      held.costs_tries--;
   if(!sums.Read(position.position_id,position.side,held.began,held.last_deal))
      return(0);
   if(sums.turned)
     {
      held.over=(held.over || sums.Accounts(position.side,position.volume));
      return(0);
     }
   position.commission=sums.EntryCommission(position.volume);
   if(sums.Accounts(position.side,position.volume))
     {
      held.costs_tries=0;
      held.began=(long)sums.began;
     }
   if(held.costs_tries==0)
      held.last_deal=sums.last_deal;
   return(sums.out_command);
  }

#endif
//+------------------------------------------------------------------+
