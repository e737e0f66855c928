//+------------------------------------------------------------------+
//| Session.mq5                                                      |
//| a session whose handler prints what it is told                   |
//+------------------------------------------------------------------+
#include <DTMS/Session.mqh>
#include <DTMS/ZmtpCurve.mqh>

input string Servers="";
input int    LogonMs=5000;
input int    LeastMs=250;
input int    MostMs=8000;
input int    KeptFrames=4096;
input int    KeptBytes=1048576;
input int    HighestEpoch=0;
input string Instance="test";
input string KeyFile="";      // CURVE with the keys of this file

//--- chart events by which a test acts
#define TEST_DURABLE   1001
#define TEST_STATUS    1002
#define TEST_LOGOUT    1003
#define TEST_BUSY      1004
#define TEST_CONFIRM   1005
#define TEST_READY     1006
#define TEST_VOLATILE  1007

CKeyFile g_keys;
CZmtpCurve g_curve;
CSession g_session;

//+------------------------------------------------------------------+
//| CPrinter: prints each call                                       |
//+------------------------------------------------------------------+
class CPrinter : public CSessionHandler
  {
private:
   bool              m_ready;
   CMsgPackWriter    m_body;

public:
                     CPrinter(void) : m_ready(true) {}
   void              SetReady(const bool ready) { m_ready=ready; }
   bool              Say(const string text);
   virtual bool      ReadyToLogon(void) { return(m_ready); }
   virtual void      FillLogon(SLogon &logon);
   virtual void      FillHeartbeat(SHeartbeat &heartbeat);
   virtual void      OnLogonAccepted(const SLogonAccepted &accepted);
   virtual void      OnLogonRefused(const SLogonRefused &refused) { Print("refused "+refused.detail); }
   virtual bool      OnMessage(const int type,CMsgPackReader &body,const uint epoch);
   virtual void      OnLinkDown(const string reason) { Print("down "+reason); }
  };

//--- a durable message
bool CPrinter::Say(const string text)
  {
   SHandsOff message;
   message.on=true;
   message.by=text;
   m_body.Reset();
   message.Write(m_body);
   return(g_session.SendDurable(DTMS_MSG_HANDS_OFF,m_body));
  }

void CPrinter::FillLogon(SLogon &logon)
  {
   logon.ea_version="0";
   logon.server="Demo-1";
   logon.margin_mode=DTMS_MARGIN_MODE_HEDGING;
   logon.trade_mode=DTMS_TRADE_MODE_DEMO;
   logon.permissions=DTMS_PERMISSION_CONNECTED;
   logon.instance_id=Instance;
   logon.chart_symbol=_Symbol;
  }

void CPrinter::FillHeartbeat(SHeartbeat &heartbeat)
  {
   heartbeat.tick_seq=77;
  }

void CPrinter::OnLogonAccepted(const SLogonAccepted &accepted)
  {
   Print("accepted resume="+(string)(int)accepted.resume);
   if(!accepted.resume && !Say("snapshot"))
      Print("cannot say so");
  }

bool CPrinter::OnMessage(const int type,CMsgPackReader &body,const uint epoch)
  {
   SHandsOff message;
   if(type!=DTMS_MSG_HANDS_OFF)
     {
      Print("message "+IntegerToString(type)+" of epoch "+IntegerToString((long)epoch));
      return(true);
     }
   if(!message.Read(body))
      return(false);
   Print("heard "+message.by);
   return(true);
  }

CPrinter g_printer;

int OnInit(void)
  {
   g_session.SetLogonTimeout((uint)LogonMs);
   g_session.SetBackoff((uint)LeastMs,(uint)MostMs);
   g_session.SetKeptLimits(KeptFrames,KeptBytes);
   g_session.SetHighestEpochSeen((uint)HighestEpoch);
   g_session.SetInstance(Instance);
   if(KeyFile!="" && !g_keys.IsOpen())
     {
      if(!g_keys.Open(KeyFile))
        {
         Print(g_keys.Error());
         return(INIT_FAILED);
        }
      g_curve.SetKeyFile(GetPointer(g_keys));
      g_session.SetMechanism(GetPointer(g_curve));
     }
   if(!g_session.Start(Servers,0,GetPointer(g_printer)))
     {
      Print(g_session.LastError());
      return(INIT_FAILED);
     }
   return(INIT_SUCCEEDED);
  }

void OnTimer(void)
  {
   g_session.Pump(GetTickCount64());
  }

void OnTick(void)
  {
   g_session.Pump(GetTickCount64(),false);
  }

void Status(void)
  {
   uchar bad[];
   g_session.LastBadFrame(bad);
   Comment("state="+g_session.State()+";up="+(string)(int)g_session.IsUp()+";nonce="+StringFormat("%I64u",g_session.Nonce())+
           ";epoch="+IntegerToString((long)g_session.Epoch())+";highest="+IntegerToString((long)g_session.HighestEpochSeen())+
           ";role="+IntegerToString(g_session.Role())+";server="+g_session.Server()+";bad="+IntegerToString((long)g_session.BadFrames())+
           ";duplicates="+IntegerToString((long)g_session.Duplicates())+";dropped="+IntegerToString((long)g_session.Dropped())+
           ";alarm="+g_session.Alarm()+";bad_size="+IntegerToString(ArraySize(bad))+";room="+(string)(int)g_session.RoomForTicks()+
           ";error="+g_session.LastError());
  }

void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   CMsgPackWriter body;
   switch(id)
     {
      case TEST_DURABLE:
         Print((g_printer.Say(sparam) ? "kept " : "not kept ")+sparam);
         break;
      case TEST_STATUS:
         Status();
         break;
      case TEST_LOGOUT:
         g_session.Logout((int)lparam);
         break;
      case TEST_BUSY:
         g_session.SendHeartbeat((uint)lparam);
         break;
      case TEST_CONFIRM:
         g_session.ConfirmAlarm();
         break;
      case TEST_READY:
         g_printer.SetReady(lparam!=0);
         break;
      case TEST_VOLATILE:
         body.Array(2);
         body.UInt((ulong)lparam);
         body.Array(0);
         Print(g_session.SendVolatile(DTMS_MSG_TICKS,body) ? "sent" : "not sent");
         break;
     }
  }
