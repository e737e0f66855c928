//+------------------------------------------------------------------+
//| SessionHandler.mqh                                               |
//| who is behind a session: the interface                           |
//+------------------------------------------------------------------+
#ifndef DTMS_SESSION_HANDLER_MQH
#define DTMS_SESSION_HANDLER_MQH

#include "Messages.mqh"
#include "MsgPackReader.mqh"

//+------------------------------------------------------------------+
//| CSessionHandler: tells a session about the terminal and is told  |
//| what the bridge says. Called from within Pump only; sending from |
//| within a call is fine.                                           |
//+------------------------------------------------------------------+
class CSessionHandler
  {
public:
   virtual          ~CSessionHandler(void) {}
   //--- the account is known and the terminal has its broker; nobody is dialed before
   virtual bool      ReadyToLogon(void)=0;
   //--- everything but protocol range, nonce, highest seq and epoch seen, which are the session's
   virtual void      FillLogon(SLogon &logon)=0;
   //--- everything but highest_seq_sent, busy_ms and test_id, which are the session's
   virtual void      FillHeartbeat(SHeartbeat &heartbeat)=0;
   //--- resume=false: Account, SymbolSpecs and Snapshot are to be sent now
   virtual void      OnLogonAccepted(const SLogonAccepted &accepted)=0;
   virtual void      OnLogonRefused(const SLogonRefused &refused)=0;
   //--- durable messages once and in order; besides them Credit, Heartbeat and Logout. `epoch` is lower than the session's for
   //--- commands only. False: malformed, the session rejects the frame and ends the connection (not so for Heartbeat and Logout).
   virtual bool      OnMessage(const int type,CMsgPackReader &body,const uint epoch)=0;
   //--- a link that was up is not any more
   virtual void      OnLinkDown(const string reason)=0;
  };

#endif
//+------------------------------------------------------------------+
