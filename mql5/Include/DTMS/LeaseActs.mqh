//+------------------------------------------------------------------+
//| LeaseActs.mqh                                                    |
//| the requests that a plan makes by itself (R27)                   |
//+------------------------------------------------------------------+
#ifndef DTMS_LEASE_ACTS_MQH
#define DTMS_LEASE_ACTS_MQH

#include "LeaseBook.mqh"
#include "LeaseStops.mqh"
#include "TradeGateway.mqh"

#define DTMS_ACT_TTL_MODIFY_MS 3000
#define DTMS_ACT_TTL_CLOSE_MS  15000
#define DTMS_ACT_REST_MS       1000      // between two requests for one position
#define DTMS_ACT_REST_MOST_MS  16000     // the same while closes fail
#define DTMS_ACT_COUNTER       0x800000  // counters of our own command ids; a bridge counts from 1
#define DTMS_ACT_COUNTERS      0x7FFFFF
#define DTMS_ACT_SENTENCES     16        // about plans that do less than they could, in one silence
#define DTMS_ACT_DEVIATION     50        // points, where the broker asks for it: leaving matters more than the price

//--- what holds for all plans
struct SLeaseFacts
  {
   bool              may_modify;   // the inputs
   bool              may_close;
   bool              up;           // there is a link
   uint              epoch;

                     SLeaseFacts(void) : may_modify(false),may_close(false),up(false),epoch(0) {}
  };

//+------------------------------------------------------------------+
//| CLeaseActs: holds, tightens or closes. The legs of a hedged pair |
//| are closed against each other where the broker does that, else   |
//| both in one pass; their stops move both or not at all. Nothing   |
//| is opened and no stop is widened.                                |
//+------------------------------------------------------------------+
class CLeaseActs
  {
private:
   COutbox          *m_pOutbox;
   CTradeGateway    *m_pGateway;
   ulong             m_last;      // counter given out last
   int               m_told;

   ulong             NextId(const uint epoch);
   bool              Pair(const SHeldPlan &held,const SPresent &present,const SHeldPlan &other,SPresent &pair) const;
   bool              Better(const SPresent &present,const double stop) const;
   void              CatchUp(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms);
   bool              ClosesBy(const SPresent &present) const;
   void              Begin(SCommand &command,const int kind,const ulong ticket,const uint epoch,const ulong ttl_ms,const ulong now_ms);
   bool              Send(SHeldPlan &held,const SCommand &command,const ulong rest_ms,const ulong now_ms);
   void              Leave(const SPresent &present,const SLeaseFacts &facts,const ulong now_ms,SCommand &command);
   void              Move(const SPresent &present,const double stop,const SLeaseFacts &facts,const ulong now_ms,SCommand &command);
   ulong             Rest(SHeldPlan &held) const;
   void              Tell(SHeldPlan &held,const SPresent &present,const string why);

public:
                     CLeaseActs(void) : m_pOutbox(NULL),m_pGateway(NULL),m_last(0),m_told(0) {}
   void              Init(COutbox *p_outbox,CTradeGateway *p_gateway);
   void              Begin(void) { m_told=0; }
   void              Hold(SHeldPlan &held,const SPresent &present) { Tell(held,present,"keeps the stop that is there"); }
   void              Tighten(SHeldPlan &held,const SPresent &present,SHeldPlan &other,const SLeaseFacts &facts,const ulong now_ms);
   bool              Close(SHeldPlan &held,const SPresent &present,SHeldPlan &other,const SLeaseFacts &facts,const ulong now_ms);
   void              Floor(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms);
  };

void CLeaseActs::Init(COutbox *p_outbox,CTradeGateway *p_gateway)
  {
   m_pOutbox=p_outbox;
   m_pGateway=p_gateway;
  }

//--- an id that no bridge gives out, and that was not used before: it goes by the broker's time, and the ledger knows the used ones
ulong CLeaseActs::NextId(const uint epoch)
  {
   ulong counter=(ulong)TimeCurrent()&DTMS_ACT_COUNTERS;
   if(counter<=m_last)
      counter=m_last+1;
   ulong id=((ulong)epoch<<24)|DTMS_ACT_COUNTER|(counter&DTMS_ACT_COUNTERS);
   while(m_pGateway.Knows(id))
     {
      counter++;
      id=((ulong)epoch<<24)|DTMS_ACT_COUNTER|(counter&DTMS_ACT_COUNTERS);
     }
   m_last=counter;
   return(id);
  }

//--- the other leg of a hedged pair, under the ticket that it was seen with last; false: there is none
bool CLeaseActs::Pair(const SHeldPlan &held,const SPresent &present,const SHeldPlan &other,SPresent &pair) const
  {
   ulong ticket=(other.ticket!=0 ? other.ticket : held.plan.pair_ticket);
   return(held.plan.pair_ticket!=0 && CTradeChecks::Look(ticket,pair) && pair.symbol==present.symbol && pair.side!=present.side);
  }

bool CLeaseActs::ClosesBy(const SPresent &present) const
  {
   return(!CVolumeChecks::OneASymbol() && (SymbolInfoInteger(present.symbol,SYMBOL_ORDER_MODE)&SYMBOL_ORDER_CLOSEBY)!=0);
  }

void CLeaseActs::Begin(SCommand &command,const int kind,const ulong ticket,const uint epoch,const ulong ttl_ms,const ulong now_ms)
  {
   command.kind=kind;
   command.id=NextId(epoch);
   command.ticket=ticket;
   command.arrived_ms=now_ms;
   command.deadline_ms=now_ms+ttl_ms;
   command.tag_kind=DTMS_OPEN_KIND_AUTONOMOUS;
   command.act=DTMS_ACT_SILENCE;
   command.deviation=DTMS_ACT_DEVIATION;
  }

//--- gives a request to the desk; the plan rests for a while, whatever comes of it
bool CLeaseActs::Send(SHeldPlan &held,const SCommand &command,const ulong rest_ms,const ulong now_ms)
  {
   if(!m_pGateway.Act(command,now_ms))
      return(false);
   held.act_id=command.id;
   held.next_ms=now_ms+rest_ms;
   return(true);
  }

//--- each close that left the position there makes the next one wait twice as long
ulong CLeaseActs::Rest(SHeldPlan &held) const
  {
   held.wait_ms=(held.wait_ms==0 ? DTMS_ACT_REST_MS : MathMin(2*held.wait_ms,(ulong)DTMS_ACT_REST_MOST_MS));
   return(held.wait_ms);
  }

//--- a sentence for each plan that does less than it could, once in a silence
void CLeaseActs::Tell(SHeldPlan &held,const SPresent &present,const string why)
  {
   if(!held.hold_told && m_told<DTMS_ACT_SENTENCES)
      m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,present.symbol,(long)present.position_id,"the bridge is silent: #"+IntegerToString((long)present.ticket)+" "+why);
   m_told+=(held.hold_told ? 0 : 1);
   held.hold_told=true;
  }

void CLeaseActs::Leave(const SPresent &present,const SLeaseFacts &facts,const ulong now_ms,SCommand &command)
  {
   Begin(command,DTMS_MSG_REDUCE_POSITION,present.ticket,facts.epoch,DTMS_ACT_TTL_CLOSE_MS,now_ms);
   command.volume=0.0;
  }

//--- closes the position; a hedged pair as one. False: it may not.
bool CLeaseActs::Close(SHeldPlan &held,const SPresent &present,SHeldPlan &other,const SLeaseFacts &facts,const ulong now_ms)
  {
   if(!facts.may_close)
     {
      Tell(held,present,"is not closed, for the input AllowAutonomousClose is off");
      return(false);
     }
   if(present.volume>held.plan.volume+DTMS_CAP_LOT_NOISE)
     {
      Tell(held,present,"is not closed, for it has become larger than its plan knows");
      return(false);
     }
   SPresent pair;
   SCommand command;
   Leave(present,facts,now_ms,command);
   if(!Pair(held,present,other,pair))
     {
      if(!m_pGateway.IsBusy(command,now_ms))
         Send(held,command,Rest(held),now_ms);
      return(true);
     }
   SCommand second;
   Leave(pair,facts,now_ms,second);
   if(m_pGateway.IsBusy(command,now_ms) || m_pGateway.IsBusy(second,now_ms) || !m_pGateway.HasPlaces(2))
      return(true);
   ulong rest_ms=Rest(held);
   if(ClosesBy(present))
     {
      command.kind=DTMS_MSG_CLOSE_BY;
      command.by_ticket=pair.ticket;
     }
   else
      Send(other,second,rest_ms,now_ms);
   Send(held,command,rest_ms,now_ms);
   other.next_ms=now_ms+rest_ms;
   return(true);
  }

void CLeaseActs::Move(const SPresent &present,const double stop,const SLeaseFacts &facts,const ulong now_ms,SCommand &command)
  {
   Begin(command,DTMS_MSG_MODIFY_POSITION,present.ticket,facts.epoch,DTMS_ACT_TTL_MODIFY_MS,now_ms);
   command.has_expect_stop=(present.stop>0.0);
   command.expect_stop=present.stop;
   command.has_expect_target=(present.target>0.0);
   command.expect_target=present.target;
   command.has_stop=true;
   command.stop=stop;
   command.has_target=(present.target>0.0);
   command.target=present.target;
  }

//--- break-even and trailing; the stops of a pair move both or not at all
void CLeaseActs::Tighten(SHeldPlan &held,const SPresent &present,SHeldPlan &other,const SLeaseFacts &facts,const ulong now_ms)
  {
   if(!facts.may_modify)
     {
      Tell(held,present,"keeps the stop that is there, for the input AllowAutonomousModify is off");
      return;
     }
   CSymbolRules rules;
   SPresent pair;
   if(!rules.Load(present.symbol))
      return;
   bool paired=Pair(held,present,other,pair);
   if(paired && Better(present,held.joint) && !Better(pair,other.joint))
     {
      CatchUp(held,present,facts,now_ms);
      return;
     }
   double stop=CLeaseStops::Tightened(held.plan,rules,present);
   double second_stop=(paired ? CLeaseStops::Tightened(other.plan,rules,pair) : 0.0);
   if(stop<=0.0 || (paired && second_stop<=0.0))
      return;
   SCommand command;
   Move(present,stop,facts,now_ms,command);
   if(!paired)
     {
      Send(held,command,DTMS_ACT_REST_MS,now_ms);
      return;
     }
   SCommand second;
   Move(pair,second_stop,facts,now_ms,second);
   if(m_pGateway.IsBusy(command,now_ms) || m_pGateway.IsBusy(second,now_ms) || !m_pGateway.HasPlaces(2) || !Send(held,command,DTMS_ACT_REST_MS,now_ms))
      return;
   held.joint=stop;
   other.joint=second_stop;
   Send(other,second,DTMS_ACT_REST_MS,now_ms);
  }

//--- whether a stop is nearer to the market than the one that is there; 0: none is
bool CLeaseActs::Better(const SPresent &present,const double stop) const
  {
   double gain=(present.side==DTMS_SIDE_SELL ? present.stop-stop : stop-present.stop);
   return(stop>0.0 && gain>0.5*SymbolInfoDouble(present.symbol,SYMBOL_TRADE_TICK_SIZE));
  }

//--- one leg of a pair has moved and this one was refused: it follows as soon as it can, for the other does not go back
void CLeaseActs::CatchUp(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms)
  {
   SCommand command;
   Move(present,held.joint,facts,now_ms,command);
   if(!m_pGateway.IsBusy(command,now_ms))
      Send(held,command,Rest(held),now_ms);
  }

//--- the floor of a position that has no stop
void CLeaseActs::Floor(SHeldPlan &held,const SPresent &present,const SLeaseFacts &facts,const ulong now_ms)
  {
   CSymbolRules rules;
   if(!rules.Load(present.symbol))
      return;
   double stop=CLeaseStops::Floor(held.plan,rules,present);
   if(stop<=0.0)
      return;
   if(!facts.may_modify)
     {
      if(!held.bare_told)
         m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,present.symbol,(long)present.position_id,"#"+IntegerToString((long)present.ticket)+" has no stop and gets none, for the input AllowAutonomousModify is off");
      held.bare_told=true;
      return;
     }
   SCommand command;
   Move(present,stop,facts,now_ms,command);
   command.act=DTMS_ACT_FLOOR;
   Send(held,command,DTMS_ACT_REST_MS,now_ms);
  }

#endif
//+------------------------------------------------------------------+
