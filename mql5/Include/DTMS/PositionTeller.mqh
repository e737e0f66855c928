//+------------------------------------------------------------------+
//| PositionTeller.mqh                                               |
//| position events, snapshots and the digest                        |
//+------------------------------------------------------------------+
#ifndef DTMS_POSITION_TELLER_MQH
#define DTMS_POSITION_TELLER_MQH

#include "Attribution.mqh"
#include "HeldPositions.mqh"
#include "Outbox.mqh"
#include "StateDigest.mqh"
#include "Tag.mqh"

//+------------------------------------------------------------------+
//| CPositionTeller: says what the tracker found. Quiet while a      |
//| snapshot will say it.                                            |
//+------------------------------------------------------------------+
class CPositionTeller
  {
private:
   COutbox          *m_pOutbox;
   CAttribution     *m_pAttribution;
   ulong             m_snapshot_id;
   bool              m_quiet;
   bool              m_told;
   bool              m_owes;

   void              SayIfByMistake(const SPosition &position) const;
   bool              SendPart(const CHeldPositions &held,const uint part,const uint parts);

public:
                     CPositionTeller(void);
   void              Init(COutbox *p_outbox,CAttribution *p_attribution);
   void              Quiet(const bool quiet) { m_quiet=quiet; }
   bool              IsQuiet(void) const { return(m_quiet); }
   bool              OwesSnapshot(void) const { return(m_owes); }
   void              TellOpened(const CHeldPositions &held,const int index);
   void              TellChanged(const CHeldPositions &held,const int index,const int changed,const ulong command,const ulong now_ms);
   void              TellClosed(const CHeldPositions &held,const int index,const CDealSums &sums);
   void              SendSnapshot(const CHeldPositions &held,const bool connected);
   bool              Digest(const CHeldPositions &held,SDigest &digest) const;
  };

CPositionTeller::CPositionTeller(void) : m_pOutbox(NULL),m_pAttribution(NULL),m_snapshot_id(0),m_quiet(true),m_told(false),m_owes(false)
  {
  }

void CPositionTeller::Init(COutbox *p_outbox,CAttribution *p_attribution)
  {
   m_pOutbox=p_outbox;
   m_pAttribution=p_attribution;
   m_quiet=true;
   m_told=false;
   m_owes=false;
  }

void CPositionTeller::TellOpened(const CHeldPositions &held,const int index)
  {
   if(m_quiet)
      return;
   SPositionOpened message;
   message.ts_event=CServerClock::ServerMs();
   held.Get(index,message.position);
   m_told=m_pOutbox.SendOpened(message) && m_told;
   SayIfByMistake(message.position);
  }

//--- a close that opened a position: the server did not look at the position of the request, which was gone by then
void CPositionTeller::SayIfByMistake(const SPosition &position) const
  {
   if(CTag::KindOf(position.magic)!=DTMS_OPEN_KIND_REDUCE)
      return;
   m_pOutbox.Notice(DTMS_NOTICE_CODE_STRAY_REPORT,position.symbol,(long)position.position_id,
                    "command "+IntegerToString((long)CTag::CommandOf(position.magic))+" was to close, but met no such position and opened #"+IntegerToString((long)position.ticket));
  }

//--- a changed volume belongs to the command whose tag the deal bears, changed levels to the one that asked for them
void CPositionTeller::TellChanged(const CHeldPositions &held,const int index,const int changed,const ulong command,const ulong now_ms)
  {
   if(m_quiet)
      return;
   SPositionChanged message;
   message.ts_event=CServerClock::ServerMs();
   held.Get(index,message.position);
   message.changed=changed;
   message.by_command=((changed&DTMS_CHANGED_VOLUME)!=0 ? command : 0);
   if((changed&(DTMS_CHANGED_STOP_LOSS|DTMS_CHANGED_TAKE_PROFIT))!=0 && message.by_command==0)
      message.by_command=m_pAttribution.CommandFor(message.position.ticket,message.position.stop_loss,message.position.take_profit,now_ms);
   m_told=m_pOutbox.SendChanged(message) && m_told;
  }

void CPositionTeller::TellClosed(const CHeldPositions &held,const int index,const CDealSums &sums)
  {
   if(m_quiet)
      return;
   SPosition position;
   held.Get(index,position);
   SPositionClosed message;
   message.ts_event=CServerClock::ServerMs();
   message.position_id=position.position_id;
   message.ticket=position.ticket;
   message.symbol=position.symbol;
   message.side=position.side;
   message.volume=CCodes::NotNegative(sums.out_volume);
   message.price_close=CCodes::NotNegative(sums.out_price);
   message.profit=sums.profit;
   message.swap=sums.swap;
   message.commission=sums.commission;
   message.reason=sums.out_reason;
   message.deal=sums.out_deal;
   message.by_command=sums.out_command;
   m_told=m_pOutbox.SendClosed(message) && m_told;
  }

//--- everything that is held in parts; without a broker one part that says "unknown", and the debt of another one
void CPositionTeller::SendSnapshot(const CHeldPositions &held,const bool connected)
  {
   m_snapshot_id++;
   m_owes=false;
   m_told=false;
   if(!connected)
     {
      SSnapshot unknown;
      unknown.snapshot_id=m_snapshot_id;
      unknown.part=1;
      unknown.parts=1;
      unknown.ts_event=CServerClock::ServerMs();
      m_owes=m_pOutbox.SendSnapshot(unknown);
      return;
     }
   uint parts=(uint)((held.Count()+DTMS_MAX_SNAPSHOT_PART-1)/DTMS_MAX_SNAPSHOT_PART);
   if(parts==0)
      parts=1;
   for(uint part=1; part<=parts; part++)
      if(!SendPart(held,part,parts))
         return;
   m_told=true;
  }

bool CPositionTeller::SendPart(const CHeldPositions &held,const uint part,const uint parts)
  {
   SSnapshot message;
   message.snapshot_id=m_snapshot_id;
   message.part=part;
   message.parts=parts;
   message.ok=true;
   message.count=(uint)held.Count();
   message.ts_event=CServerClock::ServerMs();
   int from=(int)(part-1)*DTMS_MAX_SNAPSHOT_PART;
   int count=MathMin(DTMS_MAX_SNAPSHOT_PART,held.Count()-from);
   if(count>0 && ArrayResize(message.positions,count)<count)
      return(false);
   for(int i=0; i<count; i++)
      held.Get(from+i,message.positions[i]);
   return(m_pOutbox.SendSnapshot(message));
  }

//--- of what was told; false: nothing complete was, or some of it is lost
bool CPositionTeller::Digest(const CHeldPositions &held,SDigest &digest) const
  {
   CStateDigest::Clear(digest);
   if(!m_told)
      return(false);
   for(int i=0; i<held.Count(); i++)
      held.AddTo(i,digest);
   return(true);
  }

#endif
//+------------------------------------------------------------------+
