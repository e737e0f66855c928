//+------------------------------------------------------------------+
//| TerminalProbe.mqh                                                |
//| timer, request numbers and magic numbers of a real terminal      |
//+------------------------------------------------------------------+
#ifndef DTMS_TERMINAL_PROBE_MQH
#define DTMS_TERMINAL_PROBE_MQH

#include "CheckReport.mqh"
#include "Permissions.mqh"
#include "ProbeOrder.mqh"

#define DTMS_PROBE_FILE     "DTMS\\terminalprobe.txt"
#define DTMS_PROBE_TIMER_MS 10
#define DTMS_PROBE_EVENTS   200
#define DTMS_PROBE_SLOW_MS  30      // the reference promises 10 to 16 ms
#define DTMS_PROBE_PATIENCE 10000   // ms for the broker's answer, and again for what it changes

enum ENUM_PROBE_STEP
  {
   PROBE_TIMER,      // counting timer events
   PROBE_OPENING,    // the answer to the opening is awaited
   PROBE_HELD,       // the position is awaited
   PROBE_CLOSING,    // the answer to the closing is awaited
   PROBE_CLOSED,     // its deals are awaited
   PROBE_OVER
  };

//+------------------------------------------------------------------+
//| CTerminalProbe: one step after the other, each with a line or    |
//| two in the report; at the end it removes the Expert Advisor      |
//+------------------------------------------------------------------+
class CTerminalProbe
  {
private:
   CCheckReport      m_report;
   CProbeOrder       m_order;
   ENUM_PROBE_STEP   m_step;
   ulong             m_since_ms;
   bool              m_send;
   int               m_events;
   ulong             m_first_us;

   void              Enter(const ENUM_PROBE_STEP step);
   bool              Late(void) const { return(GetTickCount64()-m_since_ms>=DTMS_PROBE_PATIENCE); }
   void              CountEvent(void);
   void              JudgeTimer(void);
   void              Open(void);
   void              JudgeAnswer(const string name,const ENUM_PROBE_STEP next);
   void              JudgePosition(void);
   void              Close(void);
   void              JudgeHistory(void);
   void              Finish(void);

public:
                     CTerminalProbe(void);
   bool              Start(const string symbol,const bool send);
   void              OnTimer(void);
   void              OnTransaction(const MqlTradeTransaction &trans,const MqlTradeResult &result);
  };

CTerminalProbe::CTerminalProbe(void) : m_step(PROBE_TIMER),m_since_ms(0),m_send(false),m_events(0),m_first_us(0)
  {
  }

bool CTerminalProbe::Start(const string symbol,const bool send)
  {
   m_send=send;
   m_events=0;
   m_order.Begin(symbol);
   Enter(PROBE_TIMER);
   return(EventSetMillisecondTimer(DTMS_PROBE_TIMER_MS));
  }

void CTerminalProbe::Enter(const ENUM_PROBE_STEP step)
  {
   m_step=step;
   m_since_ms=GetTickCount64();
  }

void CTerminalProbe::OnTimer(void)
  {
   switch(m_step)
     {
      case PROBE_TIMER:
         CountEvent();
         break;
      case PROBE_OPENING:
         JudgeAnswer("open",PROBE_HELD);
         break;
      case PROBE_HELD:
         JudgePosition();
         break;
      case PROBE_CLOSING:
         JudgeAnswer("close",PROBE_CLOSED);
         break;
      case PROBE_CLOSED:
         JudgeHistory();
         break;
      default:
         break;
     }
  }

void CTerminalProbe::OnTransaction(const MqlTradeTransaction &trans,const MqlTradeResult &result)
  {
   if(trans.type==TRADE_TRANSACTION_REQUEST)
      m_order.OnAnswer(result,GetTickCount64());
  }

void CTerminalProbe::CountEvent(void)
  {
   if(m_events==0)
      m_first_us=GetMicrosecondCount();
   m_events++;
   if(m_events>DTMS_PROBE_EVENTS)
      JudgeTimer();
  }

void CTerminalProbe::JudgeTimer(void)
  {
   ulong each_us=(GetMicrosecondCount()-m_first_us)/(ulong)DTMS_PROBE_EVENTS;
   string words=StringFormat("a timer of %d ms fires every %I64u us",DTMS_PROBE_TIMER_MS,each_us);
   m_report.Check("timer",each_us<=DTMS_PROBE_SLOW_MS*1000,words);
   m_report.Note("timer",words);
   Open();
  }

//--- nothing is sent that was not asked for, nor on an account that is no demo
void CTerminalProbe::Open(void)
  {
   string reason=CPermissions::Advice(CPermissions::Read());
   if((ENUM_ACCOUNT_TRADE_MODE)AccountInfoInteger(ACCOUNT_TRADE_MODE)!=ACCOUNT_TRADE_MODE_DEMO)
      reason="this is no demo account";
   if(!m_send)
      reason="the input SendOrders is false";
   string fault=(reason=="" ? m_order.Open() : "");
   if(reason!="")
      m_report.Skip("orders",reason);
   if(fault!="")
      m_report.Fail("open sent",fault);
   if(reason!="" || fault!="")
     {
      Finish();
      return;
     }
   m_report.Pass("open sent");
   Enter(PROBE_OPENING);
  }

//--- the transaction with the number that OrderSendAsync returned; what follows is looked at also without it
void CTerminalProbe::JudgeAnswer(const string name,const ENUM_PROBE_STEP next)
  {
   if(!m_order.Answered() && !Late())
      return;
   m_report.Check(name+" request id",m_order.Answered(),StringFormat("no transaction bears %u in 10 s; seen: %s",m_order.RequestId(),m_order.Seen()));
   if(m_order.Answered())
      m_report.Note(name+" answer",StringFormat("code %u after %I64u ms",m_order.Code(),m_order.AnswerMs()));
   Enter(next);
  }

void CTerminalProbe::JudgePosition(void)
  {
   bool held=m_order.FindPosition();
   if(!held && !Late())
      return;
   m_report.Check("magic of position",held,"no position bears "+m_order.Magic()+" in 10 s; close what was opened by hand");
   if(held)
      m_report.Note("comment",StringFormat("sent \"%s\", kept \"%s\"",DTMS_PROBE_COMMENT,m_order.Comment()));
   if(held)
      Close();
   else
      Finish();
  }

void CTerminalProbe::Close(void)
  {
   string fault=m_order.Close();
   m_report.Check("close sent",fault=="",fault+"; close position "+m_order.Position()+" by hand");
   if(fault=="")
      Enter(PROBE_CLOSING);
   else
      Finish();
  }

void CTerminalProbe::JudgeHistory(void)
  {
   if(!m_order.HistoryThere() && !Late())
      return;
   string fault=m_order.HistoryFault();
   m_report.Check("magic of deals and orders",fault=="",fault);
   m_report.Check("closed",!m_order.FindPosition(),"position "+m_order.Position()+" is still open; close it by hand");
   Finish();
  }

void CTerminalProbe::Finish(void)
  {
   Enter(PROBE_OVER);
   m_report.Finish("TERMINAL PROBE",DTMS_PROBE_FILE);
   ExpertRemove();
  }

#endif
//+------------------------------------------------------------------+
