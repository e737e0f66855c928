//+------------------------------------------------------------------+
//| FrameJudge.mqh                                                   |
//| what becomes of a frame from the bridge                          |
//+------------------------------------------------------------------+
#ifndef DTMS_FRAME_JUDGE_MQH
#define DTMS_FRAME_JUDGE_MQH

#include "FrameHeader.mqh"
#include "MessageKinds.mqh"

enum ENUM_VERDICT
  {
   VERDICT_APPLY,       // next in order, or not counted
   VERDICT_DUPLICATE,   // had before: acknowledged and dropped
   VERDICT_FOREIGN,     // of another session: dropped
   VERDICT_STALE,       // of an earlier epoch: dropped, a command is answered
   VERDICT_REJECT       // not understood: Why and Detail
  };

//+------------------------------------------------------------------+
//| CFrameJudge: keeps the place in the peer's numbering (R10, R12)  |
//| and judges each frame by it, by session and epoch, and by what   |
//| the peer may send.                                               |
//+------------------------------------------------------------------+
class CFrameJudge
  {
private:
   ulong             m_session;
   uint              m_epoch;
   bool              m_accepted;
   ulong             m_seen;
   int               m_why;
   string            m_detail;

   ENUM_VERDICT      Reject(const int why,const string detail);
   ENUM_VERDICT      JudgeNumber(const SFrameHeader &header);

public:
                     CFrameJudge(void) : m_session(0),m_epoch(0),m_accepted(false),m_seen(0),m_why(0),m_detail("") {}
   void              SetSession(const ulong session,const uint epoch,const bool accepted);
   void              Restart(void) { m_seen=0; }
   ENUM_VERDICT      Judge(CMsgPackReader &reader,SFrameHeader &header);
   void              OnApplied(const SFrameHeader &header);
   ulong             Seen(void) const { return(m_seen); }
   int               Why(void) const { return(m_why); }
   string            Detail(void) const { return(m_detail); }
  };

//--- the connection's session and epoch; before they are accepted neither epoch nor numbers are looked at
void CFrameJudge::SetSession(const ulong session,const uint epoch,const bool accepted)
  {
   m_accepted=accepted;
   m_session=session;
   m_epoch=epoch;
  }

//--- reads a frame's header and judges it; the reader then stands at the body
ENUM_VERDICT CFrameJudge::Judge(CMsgPackReader &reader,SFrameHeader &header)
  {
   SFrameHeader blank;
   header=blank;
   if(!header.Read(reader))
      return(Reject(DTMS_REJECT_WHY_MALFORMED,"not an array of nine"));
   if(header.version!=(uint)DTMS_PROTOCOL_VERSION)
      return(Reject(DTMS_REJECT_WHY_BAD_VERSION,"version "+IntegerToString((long)header.version)));
   if(!CMessageKinds::Known(header.type))
      return(Reject(DTMS_REJECT_WHY_UNKNOWN_TYPE,"type "+IntegerToString(header.type)));
   if(!CMessageKinds::ToTerminal(header.type))
      return(Reject(DTMS_REJECT_WHY_WRONG_DIRECTION,"type "+IntegerToString(header.type)+" is the terminal's"));
   if(CMessageKinds::IsDurable(header.type)!=(header.seq>0))
      return(Reject(DTMS_REJECT_WHY_BAD_VALUE,"seq "+IntegerToString((long)header.seq)+" does not fit type "+IntegerToString(header.type)));
   if(header.session!=m_session)
      return(VERDICT_FOREIGN);
   if(!m_accepted)
      return(VERDICT_APPLY);
   if(header.epoch<m_epoch)
      return(VERDICT_STALE);
   if(header.epoch>m_epoch)
      return(Reject(DTMS_REJECT_WHY_WRONG_EPOCH,"epoch "+IntegerToString((long)header.epoch)+" without a logon"));
   return(JudgeNumber(header));
  }

//--- a durable frame has been applied
void CFrameJudge::OnApplied(const SFrameHeader &header)
  {
   if(header.seq>0)
      m_seen=header.seq;
  }

//--- next, before or beyond
ENUM_VERDICT CFrameJudge::JudgeNumber(const SFrameHeader &header)
  {
   if(header.seq==0 || header.seq==m_seen+1)
      return(VERDICT_APPLY);
   if(header.seq<=m_seen)
      return(VERDICT_DUPLICATE);
   return(Reject(DTMS_REJECT_WHY_GAP,"seq "+IntegerToString((long)header.seq)+" after "+IntegerToString((long)m_seen)));
  }

ENUM_VERDICT CFrameJudge::Reject(const int why,const string detail)
  {
   m_why=why;
   m_detail=detail;
   return(VERDICT_REJECT);
  }

#endif
//+------------------------------------------------------------------+
