//+------------------------------------------------------------------+
//| Facts.mqh                                                        |
//| everything that the terminal knows and the bridge is told        |
//+------------------------------------------------------------------+
#ifndef DTMS_FACTS_MQH
#define DTMS_FACTS_MQH

#include "AccountWatch.mqh"
#include "Attribution.mqh"
#include "Backfill.mqh"
#include "BarFeed.mqh"
#include "CalendarFeed.mqh"
#include "DealFeed.mqh"
#include "OrderWatch.mqh"
#include "Outbox.mqh"
#include "PositionTracker.mqh"
#include "ServerClock.mqh"
#include "Settings.mqh"
#include "SymbolBook.mqh"
#include "TickFeed.mqh"

//+------------------------------------------------------------------+
//| CFacts: owns the parts that look at the terminal, and lets them  |
//| work in the order of what matters: position events, deals and    |
//| orders, figures, specifications, bars, quotes, calendar (R02)    |
//+------------------------------------------------------------------+
class CFacts
  {
private:
   COutbox          *m_pOutbox;
   CServerClock      m_clock;
   CAccountWatch     m_account;
   CSymbolBook       m_book;
   CTickFeed         m_ticks;
   CBarFeed          m_bars;
   CBackfill         m_backfill;
   CPositionTracker  m_tracker;
   CDealFeed         m_deals;
   COrderWatch       m_orders;
   CCalendarFeed     m_calendar;

   void              TellEverything(const ulong now_ms);
   void              PumpClock(const ulong now_ms);

public:
                     CFacts(void) : m_pOutbox(NULL) {}
   bool              Init(COutbox *p_outbox,CAttribution *p_attribution,const SSettings &settings);
   CPositionTracker *TrackerPart(void) { return(GetPointer(m_tracker)); }
   void              Wake(const ulong position_id,const ulong order);
   void              Pump(const ulong now_ms,const bool may_block);
   void              PumpPositions(const ulong now_ms) { m_tracker.Pump(now_ms); }
   void              OnChartTick(const ulong now_ms) { m_ticks.OnChartTick(now_ms); }

   void              Accepted(const SLogonAccepted &accepted,const ulong now_ms);
   void              LinkLost(void) { m_deals.LinkLost(); }
   void              Subscribe(const SSubscribe &message);
   void              AskBars(const SBarsRequest &message) { m_backfill.Ask(message); }
   void              SendSnapshot(const ulong now_ms);
   void              Acknowledge(const ulong tick_seq) { m_ticks.Acknowledge(tick_seq); }

   bool              Ready(void) const { return(m_tracker.Ready()); }
   int               Positions(void) const { return(m_tracker.Count()); }
   bool              OffsetKnown(void) const { return(m_clock.Known()); }
   long              OffsetSeconds(void) const { return(m_clock.OffsetSeconds()); }
   void              FillHeartbeat(SHeartbeat &heartbeat);
  };

//--- begins anew; false: no memory
bool CFacts::Init(COutbox *p_outbox,CAttribution *p_attribution,const SSettings &settings)
  {
   m_pOutbox=p_outbox;
   m_account.Init(p_outbox);
   m_book.Init(p_outbox);
   m_book.Watch(_Symbol,DTMS_WATCH_CHART);
   string names[];
   if(CSettings::Split(settings.symbols,names)>0)
      m_book.WatchList(names,DTMS_WATCH_INPUT);
   m_bars.Init(p_outbox);
   m_backfill.Init(p_outbox);
   m_tracker.Init(p_outbox,GetPointer(m_book),p_attribution,(ulong)settings.scan_ms,(ulong)settings.debounce_ms);
   m_deals.Init(p_outbox);
   m_orders.Init(p_outbox);
   m_calendar.Init(p_outbox,GetPointer(m_book));
   return(m_ticks.Init(p_outbox,GetPointer(m_book),_Symbol));
  }

//--- something happened; to this position and this order, if the numbers are not 0
void CFacts::Wake(const ulong position_id,const ulong order)
  {
   m_tracker.Wake(position_id);
   m_deals.Wake();
   if(m_pOutbox!=NULL && m_pOutbox.IsOpen())
      m_orders.Wake(order);
  }

//--- one pass. may_block: a first read, which may take most of a minute, keeps nothing waiting
void CFacts::Pump(const ulong now_ms,const bool may_block)
  {
   m_tracker.Pump(now_ms);
   PumpClock(now_ms);
   if(!m_pOutbox.IsOpen())
      return;
   m_deals.Pump(now_ms);
   m_orders.Pump(now_ms);
   m_account.Pump(now_ms);
   m_book.Pump(now_ms);
   m_bars.Pump(now_ms,may_block);
   m_ticks.Pump(now_ms,may_block);
   m_backfill.Pump(now_ms);
   m_calendar.Pump(now_ms);
  }

//--- without the broker the terminal has no idea of the server's time
void CFacts::PumpClock(const ulong now_ms)
  {
   if(!CPermissions::Connected())
      return;
   m_clock.Pump(now_ms);
   SClockOffset change;
   if(!m_clock.TakeChange(change))
      return;
   m_pOutbox.SendClock(change);
   if(change.has_before_s)
      m_calendar.ReadAgain();
  }

//--- the bridge has accepted a logon: a session goes on, or a fresh one is told everything
void CFacts::Accepted(const SLogonAccepted &accepted,const ulong now_ms)
  {
   m_deals.Accepted(accepted.resume);
   m_orders.Accepted(accepted.resume);
   m_calendar.Accepted(accepted.resume);
   if(!accepted.resume)
      TellEverything(now_ms);
   m_ticks.Accepted(accepted.resume,accepted.highest_tick_seq_seen,accepted.credit_window);
  }

void CFacts::TellEverything(const ulong now_ms)
  {
   m_backfill.Clear();
   m_book.ForgetTold();
   m_account.Tell(now_ms);
   m_tracker.LookQuietly(now_ms);
   m_book.TellOfPositions(now_ms);
   if(DTMS_HOLDS(DTMS_RULE_SNAPSHOT_ON_SESSION))
      m_tracker.SendSnapshot(now_ms);
  }

//--- a snapshot that was asked for, of what is there now
void CFacts::SendSnapshot(const ulong now_ms)
  {
   m_tracker.Wake(0);
   m_tracker.Pump(now_ms);
   m_tracker.SendSnapshot(now_ms);
  }

//--- the whole list of what the bridge wants
void CFacts::Subscribe(const SSubscribe &message)
  {
   m_book.WatchList(message.symbols,DTMS_WATCH_SUBSCRIBED);
   m_bars.Subscribe(message.symbols,message.timeframes);
  }

//--- what a heartbeat says of the terminal
void CFacts::FillHeartbeat(SHeartbeat &heartbeat)
  {
   heartbeat.tick_seq=m_ticks.LastSent();
   heartbeat.ts_event=CServerClock::ServerMs();
   heartbeat.has_utc_offset_s=m_clock.Known();
   heartbeat.utc_offset_s=m_clock.OffsetSeconds();
   heartbeat.permissions=CPermissions::Read();
   heartbeat.has_digest=(m_tracker.Digest(heartbeat.digest) && DTMS_HOLDS(DTMS_RULE_DIGEST));
  }

#endif
//+------------------------------------------------------------------+
