//+------------------------------------------------------------------+
//| VolumeChecks.mqh                                                 |
//| how many lots a request may have                                 |
//+------------------------------------------------------------------+
#ifndef DTMS_VOLUME_CHECKS_MQH
#define DTMS_VOLUME_CHECKS_MQH

#include "StopChecks.mqh"

//+------------------------------------------------------------------+
//| CVolumeChecks: target already so, expectation, steps, smallest   |
//| and largest volume                                               |
//+------------------------------------------------------------------+
class CVolumeChecks
  {
private:
   static double     Part(const double volume,const CSymbolRules &rules);

public:
   static void       Reduce(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const double booked,double &volume,
                            SVerdict &verdict);
   static void       CloseBy(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const SPresent &other,SVerdict &verdict);
   static bool       OneASymbol(void);
   static bool       AccountHolds(const SCommand &command);
   static void       Open(const SCommand &command,const CSymbolRules &rules,SVerdict &verdict);
  };

//--- the lots to close so that what was asked for remains; parts that were closed before are not a surprise
void CVolumeChecks::Reduce(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const double booked,double &volume,
                           SVerdict &verdict)
  {
   bool closes=(command.volume<=0.0);
   if(!closes && (present.volume<=command.volume || rules.SameVolume(present.volume,command.volume)))
     {
      verdict.Answer(DTMS_OUTCOME_DONE,DTMS_WHY_ALREADY,"no more than that is there");
      return;
     }
   if(DTMS_HOLDS(DTMS_RULE_STALE_VIEW) && !closes && command.has_expect_volume && !rules.SameVolume(present.volume,command.expect_volume-booked))
     {
      verdict.Answer(DTMS_OUTCOME_STALE_VIEW,DTMS_WHY_NONE,"the volume is not what was expected");
      return;
     }
   if(!closes && (!rules.OnStep(command.volume) || command.volume<rules.Smallest()-DTMS_STEP_NOISE*rules.Step()))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_VOLUME_STEP,"such a volume cannot remain");
      return;
     }
   volume=(closes ? present.volume : rules.WholeSteps(present.volume-command.volume));
   if(!closes && volume<rules.Smallest()-DTMS_STEP_NOISE*rules.Step())
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_VOLUME_STEP,"too little to be closed alone");
      return;
     }
   verdict.Act();
   verdict.again=(volume>rules.Largest()+DTMS_STEP_NOISE*rules.Step());
   if(verdict.again)
      volume=Part(volume,rules);
  }

//--- of a volume that is too large for one request the first part, so that what is left to close is no less than the smallest
double CVolumeChecks::Part(const double volume,const CSymbolRules &rules)
  {
   double noise=DTMS_STEP_NOISE*rules.Step();
   double part=rules.WholeSteps(rules.Largest());
   if(volume-part>=rules.Smallest()-noise)
      return(part);
   double less=rules.WholeSteps(volume-rules.Smallest());
   return(less>=rules.Smallest()-noise ? less : part);
  }

//--- two opposite positions of one symbol
void CVolumeChecks::CloseBy(const SCommand &command,const CSymbolRules &rules,const SPresent &present,const SPresent &other,SVerdict &verdict)
  {
   if(present.symbol!=other.symbol || present.side==other.side)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_BAD_COMMAND,"the two positions are not opposite ones of one symbol");
      return;
     }
   if(DTMS_HOLDS(DTMS_RULE_STALE_VIEW) && ((command.has_expect_volume && !rules.SameVolume(present.volume,command.expect_volume))
                                           || (command.has_expect_by && !rules.SameVolume(other.volume,command.expect_by))))
     {
      verdict.Answer(DTMS_OUTCOME_STALE_VIEW,DTMS_WHY_NONE,"a volume is not what was expected");
      return;
     }
   if((SymbolInfoInteger(present.symbol,SYMBOL_ORDER_MODE)&SYMBOL_ORDER_CLOSEBY)==0)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_BAD_COMMAND,"the broker does not close "+present.symbol+" by an opposite position");
      return;
     }
   verdict.Act();
  }

//--- whether all deals of a symbol meet in one position (netting, exchange)
bool CVolumeChecks::OneASymbol(void)
  {
   return((ENUM_ACCOUNT_MARGIN_MODE)AccountInfoInteger(ACCOUNT_MARGIN_MODE)!=ACCOUNT_MARGIN_MODE_RETAIL_HEDGING);
  }

//--- whether an opening makes a position of its own: elsewhere it would close, reverse or enlarge what is there
bool CVolumeChecks::AccountHolds(const SCommand &command)
  {
   if(OneASymbol())
      return(false);
   return(command.tag_kind!=DTMS_OPEN_KIND_HEDGE || AccountInfoInteger(ACCOUNT_HEDGE_ALLOWED)!=0);
  }

//--- a position to be opened
void CVolumeChecks::Open(const SCommand &command,const CSymbolRules &rules,SVerdict &verdict)
  {
   if(command.tag_kind!=DTMS_OPEN_KIND_HEDGE && command.tag_kind!=DTMS_OPEN_KIND_READD)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_BAD_COMMAND,"only hedges and re-adds are opened");
      return;
     }
   if(!AccountHolds(command))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_BAD_COMMAND,"the account does not hold another position of the symbol apart");
      return;
     }
   double noise=DTMS_STEP_NOISE*rules.Step();
   if(!rules.OnStep(command.volume) || command.volume<rules.Smallest()-noise || command.volume>rules.Largest()+noise)
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,DTMS_WHY_VOLUME_STEP,"the broker takes no such volume");
      return;
     }
   if(!rules.HasPrices())
     {
      verdict.Answer(DTMS_OUTCOME_RETRYABLE,DTMS_WHY_NO_SYMBOL,"no quote of "+rules.Symbol());
      return;
     }
   if(!CStopChecks::FitsOpening(command,rules))
     {
      verdict.Answer(DTMS_OUTCOME_DENIED,rules.DistanceWhy(),"stop or target nearer to the market than the broker allows");
      return;
     }
   verdict.Act();
  }

#endif
//+------------------------------------------------------------------+
