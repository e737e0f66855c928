//+------------------------------------------------------------------+
//| Logon.mqh                                                        |
//| who we are, told to each bridge anew, and how an accord ends     |
//+------------------------------------------------------------------+
#ifndef DTMS_LOGON_MQH
#define DTMS_LOGON_MQH

#include "FrameJudge.mqh"
#include "FrameSender.mqh"
#include "Link.mqh"
#include "Messages.mqh"
#include "PoisonLog.mqh"
#include "Rules.mqh"
#include "SessionHandler.mqh"

//+------------------------------------------------------------------+
//| CLogon: says Logon on each connection, judges the answer, takes  |
//| up the numbering where the bridge has it or begins it anew       |
//| (PROTOCOL.md, part 3), sends heartbeats, and refuses what it     |
//| does not understand. A session is named by its nonce; a new one  |
//| is drawn when a frame that the bridge may lack could not be      |
//| kept, so that the bridge asks for everything.                    |
//+------------------------------------------------------------------+
class CLogon : public CLink
  {
private:
   ulong             m_nonce;
   uint              m_epoch;
   uint              m_highest_epoch;
   string            m_instance;

   void              OnAccepted(void);
   void              TakeOver(const SLogonAccepted &accepted);
   string            Objection(const SLogonAccepted &accepted) const;
   void              OnRefused(void);

protected:
   CSessionHandler  *m_p_handler;
   CFrameSender      m_sender;
   CFrameJudge       m_judge;
   CMsgPackReader    m_reader;         // the frame under way; the handler reads its body from here
   CMsgPackWriter    m_writer;
   CPoisonLog        m_poison;
   bool              m_numbered;       // a bridge has accepted this nonce, so numbers count
   bool              m_renew;          // the next logon begins a fresh session
   int               m_role;
   ulong             m_bad_frames;
   ulong             m_dropped;        // of another session, an earlier epoch, or before the logon was answered

   bool              BeginSession(const string servers,const ulong nonce,CSessionHandler *p_handler);
   void              Renew(void);
   void              OnAnswer(const SFrameHeader &header);
   bool              OnReject(void);
   void              Refuse(const SFrameHeader &header,const int why,const string detail);
   bool              Beat(const uint busy_ms,const bool answers,const ulong test_id);
   virtual bool      ReadyToDial(void) { return(m_p_handler.ReadyToLogon()); }
   virtual void      OnReady(void);
   virtual void      OnBeatDue(void);
   virtual void      OnEnded(const bool was_up,const string reason);

public:
                     CLogon(void);
   void              SetInstance(const string instance) { m_instance=instance; }
   void              SetHighestEpochSeen(const uint epoch) { m_highest_epoch=epoch; }
   ulong             Nonce(void) const { return(m_nonce); }
   uint              Epoch(void) const { return(m_epoch); }
   uint              HighestEpochSeen(void) const { return(m_highest_epoch); }
   void              Leave(const string reason) { End(reason,false); }
   int               Role(void) const { return(m_role); }
   ulong             BadFrames(void) const { return(m_bad_frames); }
   ulong             Dropped(void) const { return(m_dropped); }
   bool              Alarmed(void) const { return(m_poison.Alarm()!=""); }
   string            Alarm(void) const { return(m_poison.Alarm()); }
   void              ConfirmAlarm(void) { m_poison.Confirm(); }
   void              LastBadFrame(uchar &frame[]) const { m_poison.LastFrame(frame); }
  };

CLogon::CLogon(void) : m_nonce(0),m_epoch(0),m_highest_epoch(0),m_instance(""),m_p_handler(NULL),m_numbered(false),m_renew(false),m_role(0),m_bad_frames(0),
   m_dropped(0)
  {
   m_sender.SetDealer(GetPointer(m_dealer));
  }

//--- a new life. `nonce` 0: drawn here. False: LastError() says what is wrong with the list of servers.
bool CLogon::BeginSession(const string servers,const ulong nonce,CSessionHandler *p_handler)
  {
   m_p_handler=p_handler;
   m_epoch=0;
   m_role=0;
   if(!Begin(servers,m_instance+"|"+IntegerToString((long)nonce)))
      return(false);
   Renew();
   if(nonce!=0)
      m_nonce=nonce;
   return(true);
  }

//--- a new nonce, and numbers from 1
void CLogon::Renew(void)
  {
   m_nonce=Random();
   m_numbered=false;
   m_renew=false;
   m_sender.Restart();
   m_judge.Restart();
  }

//--- Logon, once the terminal is ready
void CLogon::OnReady(void)
  {
   if(!m_p_handler.ReadyToLogon())
      return;
   if(m_renew)
      Renew();
   SLogon logon;
   m_p_handler.FillLogon(logon);
   logon.protocol_min=DTMS_PROTOCOL_VERSION;
   logon.protocol_max=DTMS_PROTOCOL_VERSION;
   logon.nonce=m_nonce;
   logon.highest_seq_seen=m_judge.Seen();
   logon.highest_epoch_seen=m_highest_epoch;
   m_writer.Reset();
   logon.Write(m_writer);
   m_judge.SetSession(m_nonce,0,false);
   m_sender.SetSession(m_nonce,m_epoch);
   m_sender.SetAck(m_judge.Seen());
   if(m_sender.Send(DTMS_MSG_LOGON,m_writer))
      Enter(LINK_LOGON);
  }

//--- before a logon is accepted only its answer counts
void CLogon::OnAnswer(const SFrameHeader &header)
  {
   if(LinkState()!=LINK_LOGON)
     {
      m_dropped++;
      return;
     }
   switch(header.type)
     {
      case DTMS_MSG_LOGON_ACCEPTED:
         OnAccepted();
         break;
      case DTMS_MSG_LOGON_REFUSED:
         OnRefused();
         break;
      case DTMS_MSG_REJECT:
         if(!OnReject())
            Refuse(header,DTMS_REJECT_WHY_BAD_VALUE,"Reject");
         break;
      default:
         m_dropped++;
     }
  }

//--- the bridge takes us
void CLogon::OnAccepted(void)
  {
   SLogonAccepted accepted;
   SFrameHeader unused;
   if(!accepted.Read(m_reader))
     {
      Refuse(unused,DTMS_REJECT_WHY_BAD_VALUE,"LogonAccepted");
      return;
     }
   string objection=Objection(accepted);
   if(objection!="")
     {
      End(objection,false);
      return;
     }
   if(accepted.resume && !(m_numbered && accepted.epoch==m_epoch && m_sender.Resume(accepted.highest_seq_seen)))
     {
      m_renew=true;
      End("the session cannot be resumed",true);
      return;
     }
   if(!accepted.resume)
     {
      m_sender.Restart();
      m_judge.Restart();
     }
   TakeOver(accepted);
   EnterUp(accepted.heartbeat_ms,accepted.test_after_ms,accepted.down_after_ms);
   m_p_handler.OnLogonAccepted(accepted);
  }

//--- what holds from here on
void CLogon::TakeOver(const SLogonAccepted &accepted)
  {
   m_numbered=true;
   m_epoch=accepted.epoch;
   m_highest_epoch=accepted.epoch;
   m_role=accepted.role;
   m_judge.SetSession(m_nonce,m_epoch,true);
   m_sender.SetSession(m_nonce,m_epoch);
   m_sender.SetAck(m_judge.Seen());
  }

//--- why this bridge is not ours, "" if it is
string CLogon::Objection(const SLogonAccepted &accepted) const
  {
   if(accepted.protocol>(uint)DTMS_PROTOCOL_VERSION)
      return("it speaks protocol "+IntegerToString((long)accepted.protocol));
   if(DTMS_HOLDS(DTMS_RULE_EPOCH_FENCE) && accepted.epoch<m_highest_epoch)
      return("its epoch "+IntegerToString((long)accepted.epoch)+" is over, "+IntegerToString((long)m_highest_epoch)+" was seen");
   return("");
  }

//--- the bridge does not want us; it is left alone for as long as it says
void CLogon::OnRefused(void)
  {
   SLogonRefused refused;
   SFrameHeader unused;
   if(!refused.Read(m_reader))
     {
      Refuse(unused,DTMS_REJECT_WHY_BAD_VALUE,"LogonRefused");
      return;
     }
   HoldServer(refused.retry_s);
   End("refused: "+refused.detail,false);
   m_p_handler.OnLogonRefused(refused);
  }

//--- the bridge did not understand us; the connection ends and the bridge asks for everything
bool CLogon::OnReject(void)
  {
   SReject reject;
   if(!reject.Read(m_reader))
      return(false);
   string reason="the bridge rejects type "+IntegerToString((long)reject.ref_type)+" (why "+IntegerToString(reject.why)+"): "+reject.detail;
   m_poison.Note(Now(),reason);
   End(reason,true);
   return(true);
  }

//--- not understood (R26): counted, kept, and the connection ends; behind a logon the bridge is told
void CLogon::Refuse(const SFrameHeader &header,const int why,const string detail)
  {
   m_bad_frames++;
   if(IsUp())
     {
      m_poison.Note(Now(),detail);
      SReject reject;
      reject.ref_seq=header.seq;
      reject.ref_type=(uint)header.type;
      reject.why=why;
      reject.detail=detail;
      m_writer.Reset();
      reject.Write(m_writer);
      m_sender.Send(DTMS_MSG_REJECT,m_writer);
     }
   End("a bad frame: "+detail,true);
  }

//--- heartbeats leave on schedule, whatever else was sent
void CLogon::OnBeatDue(void)
  {
   Beat(0,false,0);
  }

//--- one heartbeat; false: no room
bool CLogon::Beat(const uint busy_ms,const bool answers,const ulong test_id)
  {
   SHeartbeat heartbeat;
   m_p_handler.FillHeartbeat(heartbeat);
   heartbeat.highest_seq_sent=m_sender.HighestSent();
   heartbeat.busy_ms=busy_ms;
   heartbeat.has_test_id=answers;
   heartbeat.test_id=test_id;
   m_writer.Reset();
   heartbeat.Write(m_writer);
   return(m_sender.Send(DTMS_MSG_HEARTBEAT,m_writer));
  }

//--- numbering goes on in the next connection; until then nothing may claim to be of an accepted one
void CLogon::OnEnded(const bool was_up,const string reason)
  {
   m_judge.SetSession(m_nonce,m_epoch,false);
   if(was_up)
      m_p_handler.OnLinkDown(reason);
  }

#endif
//+------------------------------------------------------------------+
