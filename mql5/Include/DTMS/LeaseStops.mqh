//+------------------------------------------------------------------+
//| LeaseStops.mqh                                                   |
//| where a plan wants the stop of its position                      |
//+------------------------------------------------------------------+
#ifndef DTMS_LEASE_STOPS_MQH
#define DTMS_LEASE_STOPS_MQH

#include "Messages.mqh"
#include "StopChecks.mqh"

#define DTMS_TRAIL_STEP 0.1  // of the trailing distance: less is not worth a request

//+------------------------------------------------------------------+
//| CLeaseStops: break-even and trailing tighten a stop that is      |
//| there; the floor is for a position that has none. Nothing is     |
//| ever farther from the market than what is there (R27).           |
//+------------------------------------------------------------------+
class CLeaseStops
  {
private:
   static double     Tighter(const int side,const double one,const double other);

public:
   static double     Tightened(const SLeasePlan &plan,const CSymbolRules &rules,const SPresent &present);
   static double     Floor(const SLeasePlan &plan,const CSymbolRules &rules,const SPresent &present);
  };

//--- of two stops the one that is nearer to the market
double CLeaseStops::Tighter(const int side,const double one,const double other)
  {
   return(side==DTMS_SIDE_SELL ? MathMin(one,other) : MathMax(one,other));
  }

//--- the stop that break-even and trailing ask for now; 0: the present one stays, or there is none to tighten
double CLeaseStops::Tightened(const SLeasePlan &plan,const CSymbolRules &rules,const SPresent &present)
  {
   double price=rules.ExitPrice(present.side);
   if(present.stop<=0.0 || price<=0.0)
      return(0.0);
   bool sell=(present.side==DTMS_SIDE_SELL);
   double up=(sell ? -1.0 : 1.0);
   double best=present.stop;
   if(plan.has_breakeven_at && plan.has_breakeven_stop && up*(price-plan.breakeven_at)>=-DTMS_PRICE_NOISE)
     {
      double even=rules.Nearest(plan.breakeven_stop);
      if(up*(price-even)>rules.Distance()+DTMS_PRICE_NOISE)
         best=Tighter(present.side,best,even);
     }
   if(plan.has_trail_distance)
     {
      double trail=MathMax(plan.trail_distance,rules.Distance()+rules.Tick());
      double wanted=(sell ? rules.Above(price+trail) : rules.Below(price-trail));
      if(wanted>0.0 && up*(wanted-best)>=MathMax(rules.Tick(),DTMS_TRAIL_STEP*trail)-DTMS_PRICE_NOISE)
         best=wanted;
     }
   return(up*(best-present.stop)>0.5*rules.Tick() ? best : 0.0);
  }

//--- the stop of a position that has none; 0: there is no floor, or no price. Where the market has passed the floor already, the
//--- nearest stop that the broker takes.
double CLeaseStops::Floor(const SLeasePlan &plan,const CSymbolRules &rules,const SPresent &present)
  {
   double price=rules.ExitPrice(present.side);
   if(!plan.has_floor_stop || present.stop>0.0 || price<=0.0)
      return(0.0);
   double distance=rules.Distance()+rules.Tick();
   if(present.side==DTMS_SIDE_SELL)
      return(MathMax(rules.Nearest(plan.floor_stop),rules.Above(price+distance)));
   return(MathMax(0.0,MathMin(rules.Nearest(plan.floor_stop),rules.Below(price-distance))));
  }

#endif
//+------------------------------------------------------------------+
