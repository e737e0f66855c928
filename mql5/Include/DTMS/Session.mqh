//+------------------------------------------------------------------+
//| Session.mqh                                                      |
//| one life of the Expert Advisor, across connections               |
//+------------------------------------------------------------------+
#ifndef DTMS_SESSION_MQH
#define DTMS_SESSION_MQH

#include "Logon.mqh"

//--- quotes are handed over while less than this waits for the connection
#define DTMS_TICKS_AHEAD 16384

//+------------------------------------------------------------------+
//| CSession: what the Expert Advisor sends and receives. Durable    |
//| messages are numbered, kept and sent again after a break; those  |
//| of the bridge reach the handler once and in order                |
//| (PROTOCOL.md, part 3).                                           |
//+------------------------------------------------------------------+
class CSession : public CLogon
  {
private:
   ulong             m_test_id;
   ulong             m_duplicates;
   ulong             m_unheard;        // messages checked here that the handler did not want

   void              Carry(const ENUM_VERDICT verdict,const SFrameHeader &header);
   void              OnStale(const SFrameHeader &header);
   void              OnApplicable(const SFrameHeader &header);
   bool              Apply(const SFrameHeader &header,const int body);
   bool              OnHeartbeat(const SFrameHeader &header,const int body);
   bool              OnTestRequest(void);
   bool              OnLogout(const SFrameHeader &header,const int body);
   bool              OnRoleChanged(const SFrameHeader &header,const int body);
   void              Tell(const SFrameHeader &header,const int body);

protected:
   virtual void      OnBytes(const uchar &frame[],const int size);
   virtual void      OnBadBytes(const uchar &frame[],const int size,const int why,const string detail);
   virtual void      OnTestDue(void);
   virtual void      OnWritable(void);

public:
                     CSession(void) : m_test_id(0),m_duplicates(0),m_unheard(0) {}
   bool              Start(const string servers,const ulong nonce,CSessionHandler *p_handler) { return(BeginSession(servers,nonce,p_handler)); }
   void              SetKeptLimits(const int frames,const int bytes) { m_sender.SetKeptLimits(frames,bytes); }
   bool              SendDurable(const int type,CMsgPackWriter &body);
   bool              SendVolatile(const int type,CMsgPackWriter &body);
   bool              RoomForTicks(void) const;
   void              SendHeartbeat(const uint busy_ms);
   void              Logout(const int why);
   ulong             Duplicates(void) const { return(m_duplicates); }
  };

//--- numbers, keeps and sends a message; while the link is down it is kept for a resumed session. False: there is no session to keep it
//--- for, or it cannot be kept; then the next logon is a fresh session, and its OnLogonAccepted asks for everything.
bool CSession::SendDurable(const int type,CMsgPackWriter &body)
  {
   if(!m_numbered)
      return(false);
   if(!m_sender.Keep(type,body))
     {
      m_numbered=false;
      m_renew=true;
      return(false);
     }
   if(!IsUp())
      return(true);
   m_sender.PushKept();
   FlushOutsidePump();
   return(true);
  }

//--- sends a message that is not kept; false: the link is not up or takes nothing more
bool CSession::SendVolatile(const int type,CMsgPackWriter &body)
  {
   if(!IsUp() || !m_sender.Send(type,body))
      return(false);
   FlushOutsidePump();
   return(true);
  }

//--- whether quotes may be sent now: no durable frame waits, little else does, and the connection takes bytes
bool CSession::RoomForTicks(void) const
  {
   return(IsUp() && m_sender.AllSent() && m_dealer.Queued()<DTMS_TICKS_AHEAD && m_dealer.Writable());
  }

//--- says, before a call that may block, for how long
void CSession::SendHeartbeat(const uint busy_ms)
  {
   if(IsUp() && Beat(busy_ms,false,0))
      m_dealer.Flush();
  }

//--- takes leave and closes, without waiting; the session is over until the next Start
void CSession::Logout(const int why)
  {
   if(IsUp())
     {
      SLogout farewell;
      farewell.why=why;
      farewell.plan=DTMS_ON_SILENCE_HOLD;
      m_writer.Reset();
      farewell.Write(m_writer);
      m_sender.Send(DTMS_MSG_LOGOUT,m_writer);
     }
   Stop();
   m_numbered=false;
  }

//--- a frame of the bridge
void CSession::OnBytes(const uchar &frame[],const int size)
  {
   ulong bad_before=m_bad_frames;
   SFrameHeader header;
   m_reader.Attach(frame,0,size);
   ENUM_VERDICT verdict=m_judge.Judge(m_reader,header);
   Carry(verdict,header);
   if(m_bad_frames!=bad_before)
      m_poison.Keep(frame,size);
  }

//--- bytes that are no frame to begin with
void CSession::OnBadBytes(const uchar &frame[],const int size,const int why,const string detail)
  {
   SFrameHeader unread;
   Refuse(unread,why,detail);
   m_poison.Keep(frame,size);
  }

//--- carries a verdict out
void CSession::Carry(const ENUM_VERDICT verdict,const SFrameHeader &header)
  {
   switch(verdict)
     {
      case VERDICT_REJECT:
         Refuse(header,m_judge.Why(),m_judge.Detail());
         break;
      case VERDICT_FOREIGN:
         m_dropped++;
         break;
      case VERDICT_STALE:
         OnStale(header);
         break;
      case VERDICT_DUPLICATE:
         m_duplicates++;
         break;
      default:
         if(IsUp())
            OnApplicable(header);
         else
            OnAnswer(header);
     }
  }

//--- of an epoch that is over: a command is answered by the handler, all else is dropped (R23)
void CSession::OnStale(const SFrameHeader &header)
  {
   m_dropped++;
   if(CMessageKinds::IsCommand(header.type) && !m_p_handler.OnMessage(header.type,m_reader,header.epoch))
      Refuse(header,DTMS_REJECT_WHY_BAD_VALUE,"type "+IntegerToString(header.type));
  }

//--- the next frame in order, or one that is not counted
void CSession::OnApplicable(const SFrameHeader &header)
  {
   ulong bad_before=m_bad_frames;
   if(!m_sender.OnAck(header.ack))
     {
      Refuse(header,DTMS_REJECT_WHY_BAD_VALUE,"acknowledges what was never sent");
      return;
     }
   if(!Apply(header,m_reader.Position()))
      Refuse(header,DTMS_REJECT_WHY_BAD_VALUE,"type "+IntegerToString(header.type)+": a value");
   if(m_bad_frames!=bad_before)
      return;
   m_judge.OnApplied(header);
   m_sender.SetAck(m_judge.Seen());
  }

//--- one message by its type; false: malformed
bool CSession::Apply(const SFrameHeader &header,const int body)
  {
   switch(header.type)
     {
      case DTMS_MSG_HEARTBEAT:
         return(OnHeartbeat(header,body));
      case DTMS_MSG_TEST_REQUEST:
         return(OnTestRequest());
      case DTMS_MSG_REJECT:
         return(OnReject());
      case DTMS_MSG_LOGOUT:
         return(OnLogout(header,body));
      case DTMS_MSG_ROLE_CHANGED:
         return(OnRoleChanged(header,body));
      case DTMS_MSG_LOGON_ACCEPTED:
      case DTMS_MSG_LOGON_REFUSED:
         return(false);
      default:
         return(m_p_handler.OnMessage(header.type,m_reader,header.epoch));
     }
  }

//--- a heartbeat tells how far the bridge is and how long it may be silent; what else it tells is the handler's
bool CSession::OnHeartbeat(const SFrameHeader &header,const int body)
  {
   SHeartbeat heartbeat;
   if(!heartbeat.Read(m_reader))
      return(false);
   if(heartbeat.highest_seq_sent>m_judge.Seen())
     {
      Refuse(header,DTMS_REJECT_WHY_GAP,"sent "+IntegerToString((long)heartbeat.highest_seq_sent)+", arrived "+IntegerToString((long)m_judge.Seen()));
      return(true);
     }
   SetPeerBusy(heartbeat.busy_ms);
   Tell(header,body);
   return(true);
  }

//--- answered at once
bool CSession::OnTestRequest(void)
  {
   STestRequest request;
   if(!request.Read(m_reader))
      return(false);
   Beat(0,true,request.test_id);
   return(true);
  }

//--- the bridge takes leave
bool CSession::OnLogout(const SFrameHeader &header,const int body)
  {
   SLogout farewell;
   if(!farewell.Read(m_reader))
      return(false);
   Tell(header,body);
   End("the bridge has logged out",false);
   return(true);
  }

//--- what we are to the account from here on; one that is sent again was said before the logon was answered, which told a role too
bool CSession::OnRoleChanged(const SFrameHeader &header,const int body)
  {
   SRoleChanged changed;
   if(!changed.Read(m_reader))
      return(false);
   if((header.flags&DTMS_FLAG_DUP)!=0)
      return(true);
   m_role=changed.role;
   Tell(header,body);
   return(true);
  }

//--- hands a message that has been checked here to the handler as well; nothing it answers can make it malformed
void CSession::Tell(const SFrameHeader &header,const int body)
  {
   if(!m_reader.Seek(body) || !m_p_handler.OnMessage(header.type,m_reader,header.epoch))
      m_unheard++;
  }

//--- the bridge is silent: ask
void CSession::OnTestDue(void)
  {
   STestRequest request;
   m_test_id++;
   request.test_id=m_test_id;
   m_writer.Reset();
   request.Write(m_writer);
   m_sender.Send(DTMS_MSG_TEST_REQUEST,m_writer);
  }

//--- what is kept goes out; a session that could not keep everything ends here
void CSession::OnWritable(void)
  {
   if(m_renew)
      End("more is unacknowledged than can be kept",true);
   else
      m_sender.PushKept();
  }

#endif
//+------------------------------------------------------------------+
