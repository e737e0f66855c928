//+------------------------------------------------------------------+
//| AccountParts.mqh                                                 |
//| the parts that know things about one account                     |
//+------------------------------------------------------------------+
#ifndef DTMS_ACCOUNT_PARTS_MQH
#define DTMS_ACCOUNT_PARTS_MQH

#include "Attribution.mqh"
#include "Caps.mqh"
#include "Facts.mqh"
#include "HandsOff.mqh"
#include "Lease.mqh"
#include "TradeGateway.mqh"

//+------------------------------------------------------------------+
//| CAccountParts: facts, commands and caps of an account, wired to  |
//| each other. Another account gets another object.                 |
//+------------------------------------------------------------------+
class CAccountParts
  {
private:
   CAttribution      m_attribution;
   CCaps             m_caps;
   CFacts            m_facts;
   CTradeGateway     m_gateway;
   CAccountFolder    m_folder;
   CLease            m_lease;
   COutbox          *m_pOutbox;
   bool              m_wants;      // the folder: not told to be a feed
   bool              m_manages;    // told to be the manager
   bool              m_taken;      // the folder, since it was asked last
   bool              m_told;       // hands off, by the bridge: what the folder says is older
   uint              m_epoch;      // of the bridge that was accepted last; 0: none yet

   bool              Overruled(void) const { return(DTMS_HOLDS(DTMS_RULE_EPOCH_FENCE) && m_epoch!=0 && m_epoch<m_folder.Epoch()); }

public:
                     CAccountParts(void) : m_pOutbox(NULL),m_wants(true),m_manages(false),m_taken(false),m_told(false),m_epoch(0) {}
   void              Init(COutbox *p_outbox,const SSettings &settings);
   CCaps            *CapsPart(void) { return(GetPointer(m_caps)); }
   CFacts           *FactsPart(void) { return(GetPointer(m_facts)); }
   CTradeGateway    *GatewayPart(void) { return(GetPointer(m_gateway)); }
   CLease           *LeasePart(void) { return(GetPointer(m_lease)); }
   CAccountFolder   *FolderPart(void) { return(GetPointer(m_folder)); }
   void              TakeFolder(const ulong now_ms);
   bool              HasTaken(void);
   void              LeaveFolder(void);
   void              Role(const bool manager,const ulong now_ms);
   bool              Idle(void) const { return(m_manages && !m_folder.IsHeld()); }
   void              BridgeHandsOff(const bool on);
   bool              KeepEpoch(const uint epoch);
  };

//--- begins a session; what commands are known stays known
void CAccountParts::Init(COutbox *p_outbox,const SSettings &settings)
  {
   string allowed[];
   if(CSettings::Split(settings.allowed_symbols,allowed)>0)
      Print("DTMS: openings are allowed in ",settings.allowed_symbols," only");
   m_pOutbox=p_outbox;
   m_wants=true;
   m_manages=false;
   m_epoch=0;
   m_caps.Alone(settings.autonomous_modify,settings.autonomous_close);
   m_caps.Init(settings.max_open_lots,settings.max_orders_per_minute,settings.allow_modify,settings.allow_reduce,allowed);
   if(!m_facts.Init(p_outbox,GetPointer(m_attribution),settings))
      Print("DTMS: no memory for quotes");
   m_gateway.Init(p_outbox,m_facts.TrackerPart(),GetPointer(m_caps),GetPointer(m_attribution));
   m_gateway.Timeouts((ulong)settings.result_timeout_ms,(ulong)settings.catch_up_ms);
   m_lease.Init(p_outbox,GetPointer(m_gateway),m_caps.ModifiesAlone(),m_caps.ClosesAlone());
  }

//--- takes the account's files if they are wanted and free. The account is known.
void CAccountParts::TakeFolder(const ulong now_ms)
  {
   if(!m_wants || !m_folder.Take(now_ms))
     {
      if(Idle())
         m_pOutbox.Notice(DTMS_NOTICE_CODE_LEDGER,"",m_folder.Error(),"another Expert Advisor has the files of this account open: this one executes nothing");
      return;
     }
   m_taken=true;
   m_gateway.OpenRecords(m_folder,now_ms);
//--- a file of the epoch that was lost: the commands of the ledger bear theirs
   if(DTMS_HOLDS(DTMS_RULE_EPOCH_ON_DISK) && m_gateway.LedgerEpoch()>m_folder.Epoch() && !m_folder.KeepEpoch(m_gateway.LedgerEpoch()))
      ResetLastError();
   m_lease.Open(m_folder.File("lease"),m_folder.Epoch(),now_ms);
   if(m_told)
      CHandsOff::Save(m_folder.File("hands-off"),m_gateway.Barriers().IsHandsOffByBridge());
   else
      if(CHandsOff::Load(m_folder.File("hands-off")))
         m_gateway.Barriers().HandsOffByBridge(true);
  }

//--- whether they have become ours since this was asked last
bool CAccountParts::HasTaken(void)
  {
   bool taken=m_taken;
   m_taken=false;
   return(taken);
  }

//--- the files are closed; what they say stays
void CAccountParts::LeaveFolder(void)
  {
   m_lease.Close();
   m_gateway.CloseRecords();
   m_folder.Release();
  }

//--- what the bridge says this Expert Advisor is to its account. One that is not the manager gives up the files, and with them the plans.
void CAccountParts::Role(const bool manager,const ulong now_ms)
  {
   m_manages=manager;
   m_wants=manager;
   if(manager)
      TakeFolder(now_ms);
   m_gateway.Barriers().Manager(manager && !Overruled());
   m_told=(m_told && manager);
   if(manager || !m_folder.IsHeld())
      return;
   m_lease.Disown(now_ms);
   LeaveFolder();
  }

void CAccountParts::BridgeHandsOff(const bool on)
  {
   m_gateway.Barriers().HandsOffByBridge(on);
   m_told=true;
   if(m_folder.IsHeld())
      CHandsOff::Save(m_folder.File("hands-off"),on);
  }

//--- the epoch that the bridge was accepted with is on disk before its first command; false: the files know a higher one
bool CAccountParts::KeepEpoch(const uint epoch)
  {
   m_epoch=epoch;
   m_gateway.Barriers().Manager(m_manages && !Overruled());
   if(!m_folder.IsHeld() || Overruled())
      return(!Overruled());
   if(!m_folder.KeepEpoch(epoch))
      m_pOutbox.Notice(DTMS_NOTICE_CODE_LEDGER,"",m_folder.Error(),"the epoch cannot be written: after a restart an earlier bridge would not be refused");
   return(true);
  }

#endif
//+------------------------------------------------------------------+
