//+------------------------------------------------------------------+
//| StopChecks.mqh                                                   |
//| where stop and target may be                                     |
//+------------------------------------------------------------------+
#ifndef DTMS_STOP_CHECKS_MQH
#define DTMS_STOP_CHECKS_MQH

#include "Command.mqh"
#include "Rules.mqh"
#include "SymbolRules.mqh"
#include "Verdict.mqh"

//--- a position as the terminal has it at this moment
struct SPresent
  {
   ulong             ticket;
   ulong             position_id;
   string            symbol;
   int               side;
   double            volume;
   double            stop;       // 0: none
   double            target;     // 0: none
   ulong             magic;
   long              opened_s;   // server time

                     SPresent(void) : ticket(0),position_id(0),symbol(""),side(0),volume(0.0),stop(0.0),target(0.0),magic(0),opened_s(0) {}
  };

//+------------------------------------------------------------------+
//| CStopChecks: target already so, expectation, never wider, the    |
//| broker's distances. A BUY leaves at the bid, a SELL at the ask.  |
//+------------------------------------------------------------------+
class CStopChecks
  {
private:
   static double     Outward(const int side,const double one,const double other);
   static bool       Wider(const int side,const double one,const double other);
   static bool       Frozen(const CSymbolRules &rules,const SPresent &present);
   static bool       PlaceStop(const CSymbolRules &rules,const SPresent &present,const double wanted,const int slack,double &stop,SVerdict &verdict);
   static bool       PlaceTarget(const CSymbolRules &rules,const SPresent &present,const double wanted,const int slack,double &target,SVerdict &verdict);
   static bool       Beyond(const CSymbolRules &rules,const int side,const double stop);

public:
   static void       Modify(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const int slack,
                            double &stop,double &target,SVerdict &verdict);
   static bool       FitsOpening(const SCommand &command,const CSymbolRules &rules);
  };

//--- of two stops the one that is farther from the market
double CStopChecks::Outward(const int side,const double one,const double other)
  {
   return(side==DTMS_SIDE_SELL ? MathMax(one,other) : MathMin(one,other));
  }

//--- whether the first stop risks more than the second
bool CStopChecks::Wider(const int side,const double one,const double other)
  {
   return(side==DTMS_SIDE_SELL ? one>other+DTMS_PRICE_NOISE : one<other-DTMS_PRICE_NOISE);
  }

//--- whether the market is so near a level of the position that the broker refuses any change
bool CStopChecks::Frozen(const CSymbolRules &rules,const SPresent &present)
  {
   double price=rules.ExitPrice(present.side);
   if(rules.Freeze()<=0.0 || price<=0.0)
      return(false);
   double near=rules.Freeze()-DTMS_PRICE_NOISE;
   return((present.stop>0.0 && MathAbs(price-present.stop)<near) || (present.target>0.0 && MathAbs(price-present.target)<near));
  }

//--- decides what levels a modification asks for; `slack` ticks more distance after the broker refused it once
void CStopChecks::Modify(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const int slack,
                         double &stop,double &target,SVerdict &verdict)
  {
   double wanted_stop=(command.has_stop ? rules.Nearest(command.stop) : 0.0);
   double wanted_target=(command.has_target ? rules.Nearest(command.target) : 0.0);
   if(rules.SamePrice(present.stop,wanted_stop) && rules.SamePrice(present.target,wanted_target))
     {
      verdict.Answer(DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"stop and target are there already");
      return;
     }
   if(DTMS_HOLDS(DTMS_RULE_STALE_VIEW) && (!rules.SamePrice(present.stop,command.has_expect_stop ? command.expect_stop : 0.0)
                                           || !rules.SamePrice(present.target,command.has_expect_target ? command.expect_target : 0.0)))
     {
      verdict.Answer(DTMS_OUTCOME_STALE_VIEW,DTMS_WHY_NONE,"stop or target is not what was expected");
      return;
     }
   if(!rules.HasPrices())
     {
      verdict.Answer(DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NO_SYMBOL,"no quote of "+rules.Symbol());
      return;
     }
   if(Frozen(rules,present))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_FREEZE_LEVEL,"the market is inside the freeze level of stop or target");
      return;
     }
   verdict.Act();
   if(PlaceStop(rules,present,wanted_stop,slack,stop,verdict))
      PlaceTarget(rules,present,wanted_target,slack,target,verdict);
  }

//--- whether the market has passed a stop of that side, which would close the position at once
bool CStopChecks::Beyond(const CSymbolRules &rules,const int side,const double stop)
  {
   double price=rules.ExitPrice(side);
   return(side==DTMS_SIDE_SELL ? stop<price-DTMS_PRICE_NOISE : stop>price+DTMS_PRICE_NOISE);
  }

//--- the stop to ask for; false: none that may be asked for
bool CStopChecks::PlaceStop(const CSymbolRules &rules,const SPresent &present,const double wanted,const int slack,double &stop,SVerdict &verdict)
  {
   stop=present.stop;
   if(rules.SamePrice(present.stop,wanted))
      return(true);
   if(present.stop>0.0 && (wanted<=0.0 || Wider(present.side,wanted,present.stop)))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_STOP_WIDENS,"a stop is never moved away from the market or removed");
      return(false);
     }
   if(Beyond(rules,present.side,wanted))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_STOPS_LEVEL,"the market is beyond the stop that was asked for");
      return(false);
     }
   bool sell=(present.side==DTMS_SIDE_SELL);
   double distance=rules.Distance()+rules.Tick()*slack;
   double limit=(sell ? rules.Above(rules.ExitPrice(present.side)+distance) : rules.Below(rules.ExitPrice(present.side)-distance));
   stop=Outward(present.side,wanted,limit);
   if(present.stop>0.0 && !Wider(present.side,present.stop,stop))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,rules.DistanceWhy(),"nearer to the market than the broker allows, and farther would be wider");
      return(false);
     }
   if(stop<=0.0)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_STOPS_LEVEL,"no price is far enough from the market");
      return(false);
     }
   if(!rules.SamePrice(stop,wanted))
      verdict.detail="stop moved out to the broker's distance";
   return(true);
  }

//--- the target to ask for: not nearer than the broker allows; false: the market is beyond it
bool CStopChecks::PlaceTarget(const CSymbolRules &rules,const SPresent &present,const double wanted,const int slack,double &target,SVerdict &verdict)
  {
   target=(wanted<=0.0 ? 0.0 : present.target);
   if(wanted<=0.0 || rules.SamePrice(present.target,wanted))
      return(true);
   bool sell=(present.side==DTMS_SIDE_SELL);
   double price=rules.ExitPrice(present.side);
   if(sell ? wanted>price+DTMS_PRICE_NOISE : wanted<price-DTMS_PRICE_NOISE)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_STOPS_LEVEL,"the market is beyond the target that was asked for");
      return(false);
     }
   double distance=rules.Distance()+rules.Tick()*slack;
   target=(sell ? MathMin(wanted,rules.Below(price-distance)) : MathMax(wanted,rules.Above(price+distance)));
   return(true);
  }

//--- whether the levels of an opening are as far from the market as the broker wants them; they are never moved, for a
//--- wider stop would be more risk than was decided
bool CStopChecks::FitsOpening(const SCommand &command,const CSymbolRules &rules)
  {
   double price=rules.ExitPrice(command.side);
   double distance=rules.Distance();
   double up=(command.side==DTMS_SIDE_SELL ? -1.0 : 1.0);
   if(command.has_stop && up*(price-command.stop)<distance-DTMS_PRICE_NOISE)
      return(false);
   return(!command.has_target || up*(command.target-price)>=distance-DTMS_PRICE_NOISE);
  }

#endif
//+------------------------------------------------------------------+
