//+------------------------------------------------------------------+
//| FrameSender.mqh                                                  |
//| numbers, keeps, frames and sends what the EA has to say          |
//+------------------------------------------------------------------+
#ifndef DTMS_FRAME_SENDER_MQH
#define DTMS_FRAME_SENDER_MQH

#include "FrameHeader.mqh"
#include "KeptFrames.mqh"
#include "Rules.mqh"
#include "ZmtpDealer.mqh"

//--- durable frames are handed to the connection while less than this waits there, so that heartbeats never stand behind a long resend
#define DTMS_SEND_AHEAD 65536

//+------------------------------------------------------------------+
//| CFrameSender: durable frames are kept and leave in the order of  |
//| their numbers, whether for the first time or again; there is one |
//| way out for both, a position in the ring of kept frames.         |
//+------------------------------------------------------------------+
class CFrameSender
  {
private:
   CZmtpDealer      *m_p_dealer;
   CKeptFrames       m_kept;
   CMsgPackWriter    m_frame;
   ulong             m_session;
   uint              m_epoch;
   ulong             m_ack;
   ulong             m_sent;        // last durable frame handed to this connection, or had by the peer before it
   ulong             m_sent_ever;   // last durable frame handed to any connection of this session and epoch

   void              Begin(const int type,const ulong seq);

public:
                     CFrameSender(void);
   void              SetDealer(CZmtpDealer *p_dealer) { m_p_dealer=p_dealer; }
   void              SetKeptLimits(const int frames,const int bytes) { m_kept.SetLimits(frames,bytes); }
   void              SetSession(const ulong session,const uint epoch);
   void              SetAck(const ulong ack) { m_ack=ack; }
   void              Restart(void);
   bool              Resume(const ulong seen_by_peer);
   bool              OnAck(const ulong ack);
   bool              Keep(const int type,const CMsgPackWriter &body);
   void              PushKept(void);
   bool              Send(const int type,const CMsgPackWriter &body);
   bool              AllSent(void) const { return(m_sent==m_kept.LastSeq()); }
   ulong             HighestSent(void) const { return(m_sent); }
  };

CFrameSender::CFrameSender(void) : m_p_dealer(NULL),m_session(0),m_epoch(0),m_ack(0),m_sent(0),m_sent_ever(0)
  {
  }

//--- what the next frames carry
void CFrameSender::SetSession(const ulong session,const uint epoch)
  {
   m_session=session;
   m_epoch=epoch;
  }

//--- both sides start at 1; what was kept is forgotten
void CFrameSender::Restart(void)
  {
   m_kept.Clear();
   m_ack=0;
   m_sent=0;
   m_sent_ever=0;
  }

//--- goes on behind what the peer has; false: it has more than there is, or something that it lacks is not kept any more
bool CFrameSender::Resume(const ulong seen_by_peer)
  {
   if(seen_by_peer>m_sent_ever || seen_by_peer+1<m_kept.FirstSeq())
      return(false);
   m_kept.Acknowledge(seen_by_peer);
   if(!DTMS_HOLDS(DTMS_RULE_RESEND_ON_RECONNECT))
      m_kept.GoOnFrom(seen_by_peer);
   m_sent=seen_by_peer;
   return(true);
  }

//--- the peer has all up to here; false: it claims what this connection has not sent
bool CFrameSender::OnAck(const ulong ack)
  {
   if(ack>m_sent)
      return(false);
   m_kept.Acknowledge(ack);
   return(true);
  }

//--- numbers and keeps a durable frame; PushKept sends it. False: it does not fit a frame, or the ring.
bool CFrameSender::Keep(const int type,const CMsgPackWriter &body)
  {
   return(body.Size()<=DTMS_MAX_FRAME-DTMS_HEADER_SIZE && m_kept.Keep(type,body));
  }

//--- hands kept frames to the connection, as far as they should wait there
void CFrameSender::PushKept(void)
  {
   int type=0;
   while(m_sent<m_kept.LastSeq() && m_p_dealer.Queued()<DTMS_SEND_AHEAD)
     {
      ulong seq=m_sent+1;
      CMsgPackWriter body;
      if(!m_kept.Get(seq,type,body))
         return;
      Begin(type,seq);
      body.AppendTo(m_frame);
      if(!m_p_dealer.Send(m_frame))
         return;
      m_sent=seq;
      if(seq>m_sent_ever)
         m_sent_ever=seq;
     }
  }

//--- sends a frame that is not counted; false: the connection takes nothing more
bool CFrameSender::Send(const int type,const CMsgPackWriter &body)
  {
   if(body.Size()>DTMS_MAX_FRAME-DTMS_HEADER_SIZE)
      return(false);
   Begin(type,0);
   body.AppendTo(m_frame);
   return(m_p_dealer.Send(m_frame));
  }

//--- a frame up to its body
void CFrameSender::Begin(const int type,const ulong seq)
  {
   SFrameHeader header;
   header.version=DTMS_PROTOCOL_VERSION;
   header.type=type;
   header.session=m_session;
   header.seq=seq;
   header.ack=m_ack;
   header.epoch=m_epoch;
   header.mono_ms=GetTickCount64();
   header.flags=(uint)(seq>0 && seq<=m_sent_ever ? DTMS_FLAG_DUP : 0);
   m_frame.Reset();
   header.Write(m_frame);
  }

#endif
//+------------------------------------------------------------------+
