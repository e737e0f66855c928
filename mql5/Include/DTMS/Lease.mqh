//+------------------------------------------------------------------+
//| Lease.mqh                                                        |
//| what happens to positions while the bridge is silent (R27)       |
//+------------------------------------------------------------------+
#ifndef DTMS_LEASE_MQH
#define DTMS_LEASE_MQH

#include "LeaseActs.mqh"
#include "LeaseBook.mqh"
#include "LeaseFloor.mqh"
#include "MarketHours.mqh"
#include "Silence.mqh"

#define DTMS_LEASE_SLICE     64    // plans looked at in one pass
#define DTMS_LEASE_LOOK_MS   250   // time between two looks at one plan
#define DTMS_LEASE_AWAY_MS   1000  // the same while its position is not there
#define DTMS_LEASE_LEAST_MS  5000  // shorter silence is the link's, not the bridge's

//+------------------------------------------------------------------+
//| CLease: counts the silence of the bridge while this program was  |
//| reading, and after a plan's grace carries the plan out. It stays |
//| so until a logon is accepted. In observe mode, for a position    |
//| without a plan, with hands off, after a Logout that says hold,   |
//| and while the market is closed, nothing happens.                 |
//+------------------------------------------------------------------+
class CLease
  {
private:
   COutbox          *m_pOutbox;
   CTradeGateway    *m_pGateway;
   CLeaseBook        m_book;
   CLeaseActs        m_acts;
   CLeaseFloor       m_floor;
   SLease            m_told;      // the list of this session, kept while the files are not ours
   bool              m_is_told;
   CSilence          m_silence;
   SLeaseFacts       m_facts;
   ulong             m_frames;
   int               m_next;
   bool              m_open;
   bool              m_fired;
   bool              m_act;       // the bridge that was accepted last commands: no plan comes from one that observes

   void              Look(SHeldPlan &held,const ulong now_ms);
   bool              Read(SHeldPlan &held,SPresent &present,const ulong now_ms);
   bool              MarketOpen(SHeldPlan &held,const SPresent &present,const ulong now_ms) const;
   void              Begin(const ulong now_ms);
   void              Silent(SHeldPlan &held,const ulong now_ms);
   void              Fire(void);
   void              CarryOut(SHeldPlan &held,const SPresent &present,const ulong now_ms);
   int               Plan(const SHeldPlan &held,const ulong now_ms) const;
   void              Save(const ulong now_ms,const bool at_once);

public:
                     CLease(void) : m_pOutbox(NULL),m_pGateway(NULL),m_is_told(false),m_frames(0),m_next(0),m_open(false),m_fired(false),m_act(false) {}
   void              Init(COutbox *p_outbox,CTradeGateway *p_gateway,const bool may_modify,const bool may_close);
   void              Open(const string name,const uint epoch,const ulong now_ms);
   void              Close(void);
   void              Disown(const ulong now_ms);
   void              Accepted(const bool manager,const bool act,const uint epoch,const ulong now_ms);
   void              Take(const SLease &lease,const ulong now_ms);
   void              Farewell(const int plan,const ulong now_ms);
   void              Busy(const uint busy_ms,const ulong now_ms) { m_silence.SetBusy(now_ms,busy_ms); }
   void              Pump(const bool up,const ulong frames,const ulong now_ms);
   bool              HasFired(void) const { return(m_fired); }
  };

//--- what is on disk, and what was counted, stays: a chart that changes its timeframe is the same life
void CLease::Init(COutbox *p_outbox,CTradeGateway *p_gateway,const bool may_modify,const bool may_close)
  {
   m_pOutbox=p_outbox;
   m_pGateway=p_gateway;
   m_facts.may_modify=may_modify;
   m_facts.may_close=may_close;
   m_acts.Init(p_outbox,p_gateway);
   m_floor.Init(p_outbox,GetPointer(m_acts));
   m_is_told=false;
  }

//--- the account's files are ours: the plans of an earlier life hold until a bridge says otherwise, and silence begins now
void CLease::Open(const string name,const uint epoch,const ulong now_ms)
  {
   m_book.Load(name);
   m_facts.epoch=epoch;
   m_open=true;
   if(m_is_told)
      Take(m_told,now_ms);
   Begin(now_ms);
  }

//--- silence, and what is done about it, begins anew
void CLease::Begin(const ulong now_ms)
  {
   m_silence.Start(now_ms);
   m_fired=false;
   m_acts.Begin();
   m_pGateway.Barriers().Silent(false);
  }

void CLease::Close(void)
  {
   Save(0,true);
   m_open=false;
   m_book.Close();
  }

//--- another Expert Advisor manages the account, or none does
void CLease::Disown(const ulong now_ms)
  {
   m_is_told=false;
   m_book.Clear();
   Save(now_ms,true);
  }

//--- a logon was accepted: the bridge commands again. Without the manager's role, and in observe mode, nothing is ever done here.
void CLease::Accepted(const bool manager,const bool act,const uint epoch,const ulong now_ms)
  {
   m_facts.epoch=epoch;
   m_act=act;
   m_is_told=false;
   Begin(now_ms);
   for(int i=0; i<m_book.Total(); i++)
     {
      m_book.held[i].fired=false;
      m_book.held[i].hold_told=false;
      m_book.held[i].joint=0.0;
      m_book.held[i].bare_told=false;
      m_book.held[i].wait_ms=0;
     }
   if(m_book.farewell!=0)
      m_book.Changed();
   m_book.farewell=0;
   if(!manager || !act)
      m_book.Clear();
   Save(now_ms,true);
  }

//--- the whole list. What comes before the files are ours counts when they are.
void CLease::Take(const SLease &lease,const ulong now_ms)
  {
   if(!m_act)
      return;
   m_is_told=!m_open;
   if(!m_open)
     {
      m_told=lease;
      return;
     }
   if(!m_book.Replace(lease))
      Print("DTMS: no memory for the plans after silence");
   Save(now_ms,false);
  }

//--- the bridge takes its leave and says how far plans may go from now on
void CLease::Farewell(const int plan,const ulong now_ms)
  {
   m_book.farewell=plan;
   m_book.Changed();
   m_silence.Start(now_ms);
   Save(now_ms,true);
  }

void CLease::Save(const ulong now_ms,const bool at_once)
  {
   if(!m_book.Pump(now_ms,at_once))
      m_pOutbox.Notice(DTMS_NOTICE_CODE_LEDGER,"",GetLastError(),"the plans after silence cannot be written: a restart of the terminal would lose them");
  }

//--- one pass. `frames`: how many the link has received so far.
void CLease::Pump(const bool up,const ulong frames,const ulong now_ms)
  {
   ulong pause=m_silence.OnPump(now_ms);
   if(pause==0 && up && frames!=m_frames)
      m_silence.OnFrame(now_ms);
   m_frames=frames;
   m_facts.up=up;
   if(!m_open)
      return;
   int total=m_book.Total();
   for(int i=0; i<DTMS_LEASE_SLICE && i<total; i++)
     {
      m_next=(m_next+1)%total;
      if(now_ms>=m_book.held[m_next].next_ms && !m_pGateway.IsUnderWay(m_book.held[m_next].act_id))
         Look(m_book.held[m_next],now_ms);
     }
   Save(now_ms,false);
  }

//--- one plan
void CLease::Look(SHeldPlan &held,const ulong now_ms)
  {
   SPresent present;
   held.next_ms=now_ms+DTMS_LEASE_LOOK_MS;
   held.act_id=0;
   if(m_pGateway.IsHandsOff() || !Read(held,present,now_ms) || !MarketOpen(held,present,now_ms))
      return;
   Silent(held,now_ms);
   if(held.fired)
      CarryOut(held,present,now_ms);
   if(held.act_id==0 && present.stop<=0.0 && m_book.farewell!=DTMS_ON_SILENCE_HOLD)
      m_floor.Look(held,present,m_facts,now_ms);
  }

//--- the position as it is; false: it is not there, or not the one that the plan was made for
bool CLease::Read(SHeldPlan &held,SPresent &present,const ulong now_ms)
  {
   ulong ticket=(held.ticket!=0 ? held.ticket : held.plan.ticket);
   bool there=(CTradeChecks::Look(ticket,present) && present.position_id==held.plan.position_id);
   if(!there)
     {
      ticket=CPositionLookup::TicketOf(held.plan.position_id);
      there=(ticket!=0 && CTradeChecks::Look(ticket,present));
     }
   if(!there)
     {
      held.next_ms=now_ms+DTMS_LEASE_AWAY_MS;
      return(false);
     }
   if(!held.IsFor(present))
      return(false);
   if(held.See(present))
      m_book.Changed();
   return(true);
  }

//--- with the market closed silence is no fault, and none is counted
bool CLease::MarketOpen(SHeldPlan &held,const SPresent &present,const ulong now_ms) const
  {
   if(CMarketHours::IsOpen(present.symbol))
      return(true);
   held.closed_ms=now_ms;
   return(false);
  }

//--- whether the silence is long enough for this plan; from then on until a logon
void CLease::Silent(SHeldPlan &held,const ulong now_ms)
  {
   ulong grace_ms=MathMax((ulong)held.plan.grace_s*1000,(ulong)DTMS_LEASE_LEAST_MS);
   if(held.fired || m_facts.up || m_silence.Lasts(now_ms)<grace_ms || !DTMS_HOLDS(DTMS_RULE_DEAD_MAN))
      return;
   if(held.closed_ms!=0 && CElapsed::Ms(now_ms,held.closed_ms)<grace_ms)
      return;
   held.fired=true;
   if(!m_fired)
      Fire();
  }

void CLease::Fire(void)
  {
   m_fired=true;
   m_pGateway.Barriers().Silent(true);
   m_pOutbox.Notice(DTMS_NOTICE_CODE_AUTONOMOUS,"",m_book.Total(),"the bridge is silent: "+IntegerToString(m_book.Total())+" plans are carried out until it logs this Expert Advisor on again");
  }

//--- how far the plan goes: no farther than what the bridge said when it took its leave
int CLease::Plan(const SHeldPlan &held,const ulong now_ms) const
  {
   int plan=held.plan.on_silence;
   if(plan==DTMS_ON_SILENCE_TIGHTEN && held.plan.has_max_hold_s && m_silence.Lasts(now_ms)>=(ulong)held.plan.max_hold_s*1000)
      plan=DTMS_ON_SILENCE_CLOSE;
   if(m_book.farewell==DTMS_ON_SILENCE_HOLD)
      return(DTMS_ON_SILENCE_HOLD);
   return(m_book.farewell==DTMS_ON_SILENCE_TIGHTEN && plan==DTMS_ON_SILENCE_CLOSE ? DTMS_ON_SILENCE_TIGHTEN : plan);
  }

void CLease::CarryOut(SHeldPlan &held,const SPresent &present,const ulong now_ms)
  {
   int plan=Plan(held,now_ms);
   SHeldPlan other;
   int pair=m_book.FindTicket(held.plan.pair_ticket);
   if(pair>=0)
      other=m_book.held[pair];
//--- what cannot be closed is still tightened, if that is its plan
   bool closes=(plan==DTMS_ON_SILENCE_CLOSE && m_acts.Close(held,present,other,m_facts,now_ms));
   if(plan==DTMS_ON_SILENCE_TIGHTEN || (plan==DTMS_ON_SILENCE_CLOSE && !closes && held.plan.on_silence==DTMS_ON_SILENCE_TIGHTEN))
      m_acts.Tighten(held,present,other,m_facts,now_ms);
   if(plan==DTMS_ON_SILENCE_HOLD)
      m_acts.Hold(held,present);
   if(pair>=0)
      m_book.held[pair]=other;
  }

#endif
//+------------------------------------------------------------------+
