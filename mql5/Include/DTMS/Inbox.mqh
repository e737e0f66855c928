//+------------------------------------------------------------------+
//| Inbox.mqh                                                        |
//| what the bridge says, and whom it concerns                       |
//+------------------------------------------------------------------+
#ifndef DTMS_INBOX_MQH
#define DTMS_INBOX_MQH

#include "AccountParts.mqh"
#include "Facts.mqh"
#include "Session.mqh"
#include "TradeGateway.mqh"

//+------------------------------------------------------------------+
//| CInbox: reads the messages of the bridge that are not the        |
//| session's own, and hands each to the part that acts on it.       |
//+------------------------------------------------------------------+
class CInbox
  {
private:
   CFacts           *m_pFacts;
   CTradeGateway    *m_pGateway;
   CSession         *m_pSession;
   CAccountParts    *m_pParts;

   bool              OnSubscribe(CMsgPackReader &body);
   bool              OnBarsRequest(CMsgPackReader &body);
   bool              OnSnapshotRequest(CMsgPackReader &body);
   bool              OnHandsOff(CMsgPackReader &body);
   bool              OnRole(CMsgPackReader &body);
   bool              OnLease(CMsgPackReader &body);
   bool              OnFarewell(CMsgPackReader &body);
   bool              OnCredit(CMsgPackReader &body);
   bool              OnBridgeHeartbeat(CMsgPackReader &body);
   bool              OnCommand(const int type,CMsgPackReader &body,const uint epoch);

public:
                     CInbox(void) : m_pFacts(NULL),m_pGateway(NULL),m_pSession(NULL),m_pParts(NULL) {}
   void              Init(CAccountParts *p_parts,CSession *p_session);
   bool              Take(const int type,CMsgPackReader &body,const uint epoch);
  };

//--- the parts of the account that the program works for
void CInbox::Init(CAccountParts *p_parts,CSession *p_session)
  {
   m_pParts=p_parts;
   m_pFacts=p_parts.FactsPart();
   m_pGateway=p_parts.GatewayPart();
   m_pSession=p_session;
  }

//--- what the bridge says; false: malformed
bool CInbox::Take(const int type,CMsgPackReader &body,const uint epoch)
  {
   switch(type)
     {
      case DTMS_MSG_CREDIT:
         return(OnCredit(body));
      case DTMS_MSG_HEARTBEAT:
         return(OnBridgeHeartbeat(body));
      case DTMS_MSG_ROLE_CHANGED:
         return(OnRole(body));
      case DTMS_MSG_SUBSCRIBE:
         return(OnSubscribe(body));
      case DTMS_MSG_LEASE:
         return(OnLease(body));
      case DTMS_MSG_HANDS_OFF:
         return(OnHandsOff(body));
      case DTMS_MSG_SNAPSHOT_REQUEST:
         return(OnSnapshotRequest(body));
      case DTMS_MSG_BARS_REQUEST:
         return(OnBarsRequest(body));
      case DTMS_MSG_LOGOUT:
         return(OnFarewell(body));
      default:
         return(OnCommand(type,body,epoch));
     }
  }

bool CInbox::OnCredit(CMsgPackReader &body)
  {
   SCredit message;
   if(!message.Read(body))
      return(false);
   m_pFacts.Acknowledge(message.tick_seq);
   return(true);
  }

bool CInbox::OnBridgeHeartbeat(CMsgPackReader &body)
  {
   SHeartbeat message;
   if(!message.Read(body))
      return(false);
   m_pFacts.Acknowledge(message.tick_seq);
   m_pParts.LeasePart().Busy(message.busy_ms,GetTickCount64());
   return(true);
  }

bool CInbox::OnRole(CMsgPackReader &body)
  {
   SRoleChanged message;
   if(!message.Read(body))
      return(false);
   m_pParts.Role(message.role==DTMS_ROLE_MANAGER,GetTickCount64());
   return(true);
  }

bool CInbox::OnSubscribe(CMsgPackReader &body)
  {
   SSubscribe message;
   if(!message.Read(body))
      return(false);
   m_pFacts.Subscribe(message);
   return(true);
  }

bool CInbox::OnLease(CMsgPackReader &body)
  {
   SLease message;
   if(!message.Read(body))
      return(false);
   m_pParts.LeasePart().Take(message,GetTickCount64());
   return(true);
  }

//--- the bridge goes in order and says how far the plans may go without it
bool CInbox::OnFarewell(CMsgPackReader &body)
  {
   SLogout message;
   if(!message.Read(body))
      return(false);
   m_pParts.LeasePart().Farewell(message.plan,GetTickCount64());
   return(true);
  }

bool CInbox::OnHandsOff(CMsgPackReader &body)
  {
   SHandsOff message;
   if(!message.Read(body))
      return(false);
   m_pParts.BridgeHandsOff(message.on);
   Print("DTMS: the bridge's hands off is ",message.on ? "on" : "off",", by ",message.by);
   return(true);
  }

bool CInbox::OnSnapshotRequest(CMsgPackReader &body)
  {
   SSnapshotRequest message;
   if(!message.Read(body))
      return(false);
   m_pFacts.SendSnapshot(GetTickCount64());
   return(true);
  }

bool CInbox::OnBarsRequest(CMsgPackReader &body)
  {
   SBarsRequest message;
   if(!message.Read(body))
      return(false);
   m_pFacts.AskBars(message);
   return(true);
  }

bool CInbox::OnCommand(const int type,CMsgPackReader &body,const uint epoch)
  {
   SCommand command;
   if(!CCommands::Read(type,body,command))
      return(false);
   m_pGateway.Barriers().Alarm(m_pSession.Alarmed());
   m_pGateway.OnCommand(command,DTMS_HOLDS(DTMS_RULE_EPOCH_FENCE) && epoch<m_pSession.HighestEpochSeen(),GetTickCount64());
   return(true);
  }

#endif
//+------------------------------------------------------------------+
