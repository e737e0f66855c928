//+------------------------------------------------------------------+
//| LeaseFloor.mqh                                                   |
//| when a position without a stop gets its floor (R27)              |
//+------------------------------------------------------------------+
#ifndef DTMS_LEASE_FLOOR_MQH
#define DTMS_LEASE_FLOOR_MQH

#include "LeaseActs.mqh"

//+------------------------------------------------------------------+
//| CLeaseFloor: also while heartbeats flow, if DTMS opened the      |
//| position or the user wants every position to have a stop. One    |
//| that a human removed stays removed, and that is said.            |
//+------------------------------------------------------------------+
class CLeaseFloor
  {
private:
   COutbox          *m_pOutbox;
   CLeaseActs       *m_pActs;

   bool              BareLongEnough(const SHeldPlan &held,const SPresent &present,const ulong now_ms) const;

public:
                     CLeaseFloor(void) : m_pOutbox(NULL),m_pActs(NULL) {}
   void              Init(COutbox *p_outbox,CLeaseActs *p_acts);
   void              Look(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms);
  };

void CLeaseFloor::Init(COutbox *p_outbox,CLeaseActs *p_acts)
  {
   m_pOutbox=p_outbox;
   m_pActs=p_acts;
  }

//--- the position has no stop
void CLeaseFloor::Look(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms)
  {
   if(held.bare_ms==0)
      held.bare_ms=now_ms;
   if(!DTMS_HOLDS(DTMS_RULE_LEASE) || !held.plan.has_floor_stop || (!CTag::IsOurs(present.magic) && !held.plan.require_stop))
      return;
   if(held.had_stop)
     {
      if(!held.bare_told)
         m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,present.symbol,(long)present.position_id,"the stop of #"+IntegerToString((long)present.ticket)+" was removed by hand and stays removed");
      held.bare_told=true;
      return;
     }
   if(BareLongEnough(held,present,now_ms))
      m_pActs.Floor(held,present,facts,now_ms);
  }

//--- in the broker's time from the position's opening, so that no restart begins it anew
bool CLeaseFloor::BareLongEnough(const SHeldPlan &held,const SPresent &present,const ulong now_ms) const
  {
   if(!DTMS_HOLDS(DTMS_RULE_LEASE_ON_BROKER_TIME))
      return(CElapsed::Ms(now_ms,held.bare_ms)>=(ulong)held.plan.grace_s*1000);
   return((long)TimeCurrent()-present.opened_s>=(long)held.plan.grace_s);
  }

#endif
//+------------------------------------------------------------------+
