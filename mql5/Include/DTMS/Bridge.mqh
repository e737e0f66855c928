//+------------------------------------------------------------------+
//| Bridge.mqh                                                       |
//| the Expert Advisor: its parts, and what goes where               |
//+------------------------------------------------------------------+
#ifndef DTMS_BRIDGE_MQH
#define DTMS_BRIDGE_MQH

#include "AccountParts.mqh"
#include "Identity.mqh"
#include "Inbox.mqh"
#include "Outbox.mqh"
#include "Panel.mqh"
#include "Session.mqh"
#include "Settings.mqh"
#include "StatusText.mqh"
#include "ZmtpCurve.mqh"

//+------------------------------------------------------------------+
//| CBridge: one event, one pass over the parts, each with bounded   |
//| work. Reports come before position events, those before figures, |
//| and quotes go last (R02). A chart that changes its timeframe     |
//| ends the session and begins another one in the same object: what |
//| commands are known stays known.                                  |
//+------------------------------------------------------------------+
class CBridge : public CSessionHandler
  {
private:
   SSettings         m_settings;
   CKeyFile          m_keys;
   CZmtpCurve        m_curve;
   CSession          m_session;
   COutbox           m_outbox;
   CInbox            m_inbox;
   CAccountParts    *m_pParts;
   CFacts           *m_pFacts;
   CTradeGateway    *m_pGateway;
   CPanel            m_panel;
   CKnownAccount     m_account;
   string            m_refused;
   bool              m_act;
   bool              m_running;

   void              NewParts(void);
   void              ChangeAccount(void);
   bool              StartKeys(void);
   bool              StartParts(void);
   void              TakeFolder(void);
   void              ShowStatus(const ulong now_ms);

public:
                     CBridge(void);
                    ~CBridge(void) { delete m_pParts; }
   int               Init(const SSettings &settings);
   void              Deinit(const int reason);
   void              OnTimer(void);
   void              OnTick(void);
   void              OnTrade(void);
   void              OnTransaction(const MqlTradeTransaction &trans,const MqlTradeRequest &request,const MqlTradeResult &result);
   void              OnClick(const string object_name);

   virtual bool      ReadyToLogon(void);
   virtual void      FillLogon(SLogon &logon);
   virtual void      FillHeartbeat(SHeartbeat &heartbeat);
   virtual void      OnLogonAccepted(const SLogonAccepted &accepted);
   virtual void      OnLogonRefused(const SLogonRefused &refused);
   virtual bool      OnMessage(const int type,CMsgPackReader &body,const uint epoch) { return(m_inbox.Take(type,body,epoch)); }
   virtual void      OnLinkDown(const string reason);
  };

CBridge::CBridge(void) : m_refused(""),m_act(false),m_running(false)
  {
   NewParts();
  }

//--- starts, also again; INIT_SUCCEEDED or why not, which is printed in one sentence
int CBridge::Init(const SSettings &settings)
  {
   m_running=false;
   m_settings=settings;
   if(MQLInfoInteger(MQL_TESTER)!=0)
     {
      Print("DTMS: sockets do not work in the Strategy Tester, so this Expert Advisor stops; attach it to a chart");
      return(INIT_FAILED);
     }
   string fault=CSettings::Fault(m_settings);
   if(fault!="")
     {
      Print("DTMS: ",fault);
      return(INIT_PARAMETERS_INCORRECT);
     }
   if(!StartKeys())
     {
      Print("DTMS: ",m_keys.Error());
      return(INIT_FAILED);
     }
   if(!StartParts())
     {
      Print("DTMS: ",m_session.LastError());
      return(INIT_PARAMETERS_INCORRECT);
     }
   if(!EventSetMillisecondTimer(m_settings.timer_ms))
     {
      Print("DTMS: the timer cannot be set, error ",GetLastError());
      return(INIT_FAILED);
     }
   if(m_settings.show_panel)
      m_panel.Show();
   m_running=true;
   return(INIT_SUCCEEDED);
  }

//--- what knows things about one account
void CBridge::NewParts(void)
  {
   m_pParts=new CAccountParts;
   m_pFacts=m_pParts.FactsPart();
   m_pGateway=m_pParts.GatewayPart();
   m_inbox.Init(m_pParts,GetPointer(m_session));
  }

//--- nothing that is known of one account holds for another: epoch, commands, deals, quotes, caps. The user's hands off stays.
void CBridge::ChangeAccount(void)
  {
   bool hands_off=m_pGateway.Barriers().IsHandsOffByChart();
   m_pParts.LeaveFolder();
   delete m_pParts;
   NewParts();
   m_pGateway.Barriers().HandsOffByChart(hands_off);
   m_session.SetHighestEpochSeen(0);
   m_account.Forget();
  }

//--- takes the key file that the inputs name, if they name one; false: it cannot be used, and without it nobody is dialed
bool CBridge::StartKeys(void)
  {
   string name=CSettings::Trimmed(m_settings.key_file);
   m_keys.Close();
   m_session.SetMechanism(NULL);
   if(name=="")
      return(true);
   if(!m_keys.Open(name))
      return(false);
   m_curve.SetKeyFile(GetPointer(m_keys));
   m_session.SetMechanism(GetPointer(m_curve));
   return(true);
  }

//--- wires the parts and starts the session; false: the list of servers is none
bool CBridge::StartParts(void)
  {
   if(m_account.Changed())
      ChangeAccount();
   m_refused="";
   m_act=false;
//--- the user has pressed OK in the dialog of the inputs: without a panel there is no button to confirm an alarm with
   if(UninitializeReason()==REASON_PARAMETERS)
      m_session.ConfirmAlarm();
   m_outbox.Init(GetPointer(m_session));
   m_session.SetInstance(CIdentity::Instance());
   m_session.SetBackoff((uint)m_settings.reconnect_min_ms,(uint)m_settings.reconnect_max_ms);
   m_session.SetLogonTimeout((uint)m_settings.logon_timeout_ms);
   m_pParts.Init(GetPointer(m_outbox),m_settings);
   if(CHandsOff::Load(CHandsOff::OfChart(CIdentity::Instance())))
      m_pGateway.Barriers().HandsOffByChart(true);
   return(m_session.Start(m_settings.servers,0,GetPointer(this)));
  }

//--- takes leave without waiting: the terminal gives 2.5 s
void CBridge::Deinit(const int reason)
  {
   EventKillTimer();
   if(m_running)
      m_session.Logout(CIdentity::LogoutWhy(reason));
   m_outbox.Open(false);
   m_pParts.LeaveFolder();
   m_keys.Close();
   m_panel.Remove();
   m_running=false;
  }

//--- the pass over everything
void CBridge::OnTimer(void)
  {
   if(!m_running)
      return;
   if(m_account.Changed())
     {
      m_session.Logout(DTMS_LOGOUT_WHY_ACCOUNT_CHANGED);
      m_running=StartParts();
      return;
     }
   TakeFolder();
   m_session.Pump(GetTickCount64());
//--- what has arrived was handled at later times than the one before it
   ulong now_ms=GetTickCount64();
   m_pGateway.Barriers().Alarm(m_session.Alarmed());
   m_pParts.LeasePart().Pump(m_session.IsUp(),m_session.FramesIn(),now_ms);
   m_pGateway.Pump(now_ms);
   m_pFacts.Pump(now_ms,!m_pGateway.OwesAnswer());
   ShowStatus(now_ms);
  }

//--- the files of the account, while this Expert Advisor may be its manager
void CBridge::TakeFolder(void)
  {
   if(CIdentity::AccountKnown())
      m_pParts.TakeFolder(GetTickCount64());
   if(!m_pParts.HasTaken())
      return;
   m_account.Note();
   if(m_session.IsUp())
     {
      if(!m_pParts.KeepEpoch(m_session.Epoch()))
         m_session.Leave("the files of the account know a higher epoch");
      m_pGateway.TellUntold();
     }
  }

//--- a quote of the chart's symbol: the timer alone would make commands and quotes wait
void CBridge::OnTick(void)
  {
   if(!m_running)
      return;
   m_session.Pump(GetTickCount64(),false);
   ulong now_ms=GetTickCount64();
   m_pGateway.Barriers().Alarm(m_session.Alarmed());
   m_pGateway.Pump(now_ms);
   m_pFacts.PumpPositions(now_ms);
   m_pFacts.OnChartTick(now_ms);
  }

//--- something about orders or positions has changed
void CBridge::OnTrade(void)
  {
   m_pFacts.Wake(0,0);
  }

//--- a transaction: a hint to look, and the only way in which answers of the broker come
void CBridge::OnTransaction(const MqlTradeTransaction &trans,const MqlTradeRequest &request,const MqlTradeResult &result)
  {
   m_pFacts.Wake(trans.position,trans.order);
   if(trans.type==TRADE_TRANSACTION_REQUEST)
      m_pGateway.OnResult(request,result,GetTickCount64());
  }

//--- the buttons of the panel. Hands off by the bridge stays until the bridge takes it back; what is told is what is in force
void CBridge::OnClick(const string object_name)
  {
   if(!m_running)
      return;
   if(m_panel.IsConfirm(object_name))
      m_session.ConfirmAlarm();
   if(!m_panel.IsButton(object_name))
      return;
   m_pGateway.Barriers().HandsOffByChart(!m_pGateway.Barriers().IsHandsOffByChart());
   CHandsOff::Save(CHandsOff::OfChart(CIdentity::Instance()),m_pGateway.Barriers().IsHandsOffByChart());
   bool on=m_pGateway.IsHandsOff();
   SHandsOff message;
   message.on=on;
   message.by="chart";
   if(!m_outbox.SendHandsOff(message))
      Print("DTMS: hands off is ",on ? "on" : "off","; the next logon will say so");
  }

void CBridge::ShowStatus(const ulong now_ms)
  {
   if(!m_settings.show_panel)
      return;
   SStatus status;
   status.title="DTMS bridge "+DTMS_EA_VERSION+"  "+IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN));
   status.up=m_session.IsUp();
   status.state=m_session.State();
   status.server=m_session.Server()+(m_keys.IsOpen() ? ", encrypted" : "");
   status.error=m_session.LastError();
   status.refused=m_refused;
   status.alarm=m_session.Alarm();
   status.role=m_session.Role();
   status.act=m_act;
   status.hands_off=m_pGateway.IsHandsOff();
   status.hands_off_chart=m_pGateway.Barriers().IsHandsOffByChart();
   status.idle=m_pParts.Idle();
   status.silent=m_pParts.LeasePart().HasFired();
   status.positions=m_pFacts.Positions();
   status.command=m_pGateway.LastWords();
   CStatusText::Show(status,m_panel);
   m_panel.Pump(now_ms);
  }

//--- OnInit often runs before the terminal has its broker; nothing is said before it is known who we are
bool CBridge::ReadyToLogon(void)
  {
   return(CIdentity::AccountKnown() && m_pFacts.Ready());
  }

void CBridge::FillLogon(SLogon &logon)
  {
   m_account.Note();
   CIdentity::Fill(logon);
   if(m_pParts.FolderPart().Epoch()>m_session.HighestEpochSeen())
      m_session.SetHighestEpochSeen(m_pParts.FolderPart().Epoch());
   logon.boot=m_pParts.FolderPart().Boot();
   m_pParts.CapsPart().Fill(logon.caps);
   logon.hands_off=m_pGateway.IsHandsOff();
   logon.ts_event=CServerClock::ServerMs();
   logon.has_utc_offset_s=m_pFacts.OffsetKnown();
   logon.utc_offset_s=m_pFacts.OffsetSeconds();
  }

void CBridge::FillHeartbeat(SHeartbeat &heartbeat)
  {
   m_pFacts.FillHeartbeat(heartbeat);
   heartbeat.hands_off=m_pGateway.IsHandsOff();
  }

//--- welcome: a fresh session is told everything
void CBridge::OnLogonAccepted(const SLogonAccepted &accepted)
  {
   m_refused="";
   m_act=accepted.mode_act;
   if(m_keys.IsOpen() && !m_keys.Mix(accepted.entropy))
      Print("DTMS: ",m_keys.Error());
   ulong now_ms=GetTickCount64();
   bool manager=(accepted.role==DTMS_ROLE_MANAGER);
   m_outbox.Open(true);
   m_pParts.Role(manager,now_ms);
   m_pParts.KeepEpoch(accepted.epoch);
   m_pParts.LeasePart().Accepted(manager,accepted.mode_act,accepted.epoch,now_ms);
   m_pFacts.Accepted(accepted,now_ms);
   if(!accepted.resume)
      m_pGateway.TellUntold();
  }

void CBridge::OnLogonRefused(const SLogonRefused &refused)
  {
   if(m_refused!=refused.detail)
      Print("DTMS: the bridge refuses the logon: ",refused.detail);
   m_refused=refused.detail;
  }

void CBridge::OnLinkDown(const string reason)
  {
   Print("DTMS: link lost: ",reason);
   m_pFacts.LinkLost();
  }

#endif
//+------------------------------------------------------------------+
