//+------------------------------------------------------------------+
//| Outbox.mqh                                                       |
//| what the Expert Advisor has to say, as frames                    |
//+------------------------------------------------------------------+
#ifndef DTMS_OUTBOX_MQH
#define DTMS_OUTBOX_MQH

#include "Elapsed.mqh"
#include "Codes.mqh"
#include "Messages.mqh"
#include "ServerClock.mqh"
#include "Session.mqh"

#define DTMS_TEXT_LIMIT       512    // characters of a Text field
#define DTMS_NOTICE_REST_MS   60000  // the same notice is not repeated sooner
#define DTMS_NOTICES_KEPT     64     // how many different ones are remembered for that

//+------------------------------------------------------------------+
//| COutbox: hands facts to the session. Every part of the Expert    |
//| Advisor that reports speaks through it, so none of them knows    |
//| how a frame is written. While no session has begun, nothing is   |
//| kept: the snapshot of the logon says it all.                     |
//+------------------------------------------------------------------+
class COutbox
  {
private:
   CSession         *m_pSession;
   CMsgPackWriter    m_writer;
   bool              m_open;
   string            m_notice_keys[];
   ulong             m_notice_ms[];
   int               m_notice_next;
   bool              m_notice_lost;   // one was said when there was no session

   bool              Durable(const int type);
   bool              Rested(const string key,const ulong now_ms);

public:
                     COutbox(void);
   void              Init(CSession *p_session);
   void              Open(const bool open);
   bool              IsOpen(void) const { return(m_open); }
   bool              IsUp(void) const;
   bool              RoomForQuotes(void) const;
   void              Busy(const uint busy_ms);

   bool              SendAccount(const SAccount &message);
   bool              SendSpec(const SSymbolSpec &message);
   bool              SendClock(const SClockOffset &message);
   bool              SendSnapshot(const SSnapshot &message);
   bool              SendOpened(const SPositionOpened &message);
   bool              SendChanged(const SPositionChanged &message);
   bool              SendClosed(const SPositionClosed &message);
   bool              SendDeal(const SDeal &message);
   bool              SendOrder(const SOrderSeen &message);
   bool              SendReport(const SExecutionReport &message);
   bool              SendBar(const SBarClosed &message);
   bool              SendBars(const SBars &message);
   bool              SendCalendar(const SCalendarEvent &message);
   bool              SendHandsOff(const SHandsOff &message);
   bool              SendQuotes(const ulong tick_seq,const STick &quotes[],const int count);
   void              Notice(const int code,const string symbol,const long value,const string text);
  };

COutbox::COutbox(void) : m_pSession(NULL),m_open(false),m_notice_next(0),m_notice_lost(false)
  {
  }

void COutbox::Init(CSession *p_session)
  {
   m_pSession=p_session;
   m_open=false;
  }

//--- a session takes messages from here on; what was said to nobody may be said again
void COutbox::Open(const bool open)
  {
   m_open=open;
   if(!open || !m_notice_lost)
      return;
   m_notice_lost=false;
   ArrayFree(m_notice_keys);
   ArrayFree(m_notice_ms);
   m_notice_next=0;
  }

bool COutbox::IsUp(void) const
  {
   return(m_pSession.IsUp());
  }

//--- whether quotes may go now: everything else goes before them (R02)
bool COutbox::RoomForQuotes(void) const
  {
   return(m_pSession.IsUp() && m_pSession.RoomForTicks());
  }

//--- warns the other side of a call that may block (R03)
void COutbox::Busy(const uint busy_ms)
  {
   if(m_pSession.IsUp())
      m_pSession.SendHeartbeat(busy_ms);
  }

//--- the frame in the writer; false: it is kept nowhere, the next logon brings a snapshot
bool COutbox::Durable(const int type)
  {
   return(m_open && m_pSession.SendDurable(type,m_writer));
  }

bool COutbox::SendAccount(const SAccount &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_ACCOUNT));
  }

bool COutbox::SendSpec(const SSymbolSpec &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_SYMBOL_SPEC));
  }

bool COutbox::SendClock(const SClockOffset &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_CLOCK_OFFSET));
  }

bool COutbox::SendSnapshot(const SSnapshot &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_SNAPSHOT));
  }

bool COutbox::SendOpened(const SPositionOpened &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_POSITION_OPENED));
  }

bool COutbox::SendChanged(const SPositionChanged &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_POSITION_CHANGED));
  }

bool COutbox::SendClosed(const SPositionClosed &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_POSITION_CLOSED));
  }

bool COutbox::SendDeal(const SDeal &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_DEAL));
  }

bool COutbox::SendOrder(const SOrderSeen &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_ORDER_SEEN));
  }

bool COutbox::SendReport(const SExecutionReport &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_EXECUTION_REPORT));
  }

bool COutbox::SendBar(const SBarClosed &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_BAR_CLOSED));
  }

bool COutbox::SendBars(const SBars &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_BARS));
  }

bool COutbox::SendCalendar(const SCalendarEvent &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_CALENDAR_EVENT));
  }

bool COutbox::SendHandsOff(const SHandsOff &message)
  {
   m_writer.Reset();
   message.Write(m_writer);
   return(Durable(DTMS_MSG_HANDS_OFF));
  }

//--- a frame of quotes; tick_seq is the number of the last one
bool COutbox::SendQuotes(const ulong tick_seq,const STick &quotes[],const int count)
  {
   m_writer.Reset();
   m_writer.Array(2);
   m_writer.UInt(tick_seq);
   m_writer.Array(count);
   for(int i=0; i<count; i++)
      quotes[i].Write(m_writer);
   return(m_pSession.SendVolatile(DTMS_MSG_TICKS,m_writer));
  }

//--- tells the user something, in the terminal's log and over the link, and the same thing not again for a minute
void COutbox::Notice(const int code,const string symbol,const long value,const string text)
  {
   if(!Rested(IntegerToString(code)+"/"+symbol+"/"+text,GetTickCount64()))
      return;
   Print("DTMS: ",text);
   SNotice message;
   message.ts_event=CServerClock::ServerMs();
   message.code=code;
   message.symbol=symbol;
   message.value=value;
   message.text=CCodes::Clip(text,DTMS_TEXT_LIMIT);
   m_writer.Reset();
   message.Write(m_writer);
   if(!Durable(DTMS_MSG_NOTICE))
      m_notice_lost=true;
  }

//--- whether this has not been said for a while; remembers that it is said now
bool COutbox::Rested(const string key,const ulong now_ms)
  {
   int kept=ArraySize(m_notice_keys);
   for(int i=0; i<kept; i++)
      if(m_notice_keys[i]==key)
        {
         if(CElapsed::Ms(now_ms,m_notice_ms[i])<DTMS_NOTICE_REST_MS)
            return(false);
         m_notice_ms[i]=now_ms;
         return(true);
        }
   if(kept<DTMS_NOTICES_KEPT)
     {
      if(ArrayResize(m_notice_keys,kept+1)<kept+1 || ArrayResize(m_notice_ms,kept+1)<kept+1)
         return(false);
      m_notice_next=kept;
     }
   else
      m_notice_next=(m_notice_next+1)%kept;
   m_notice_keys[m_notice_next]=key;
   m_notice_ms[m_notice_next]=now_ms;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
