//+------------------------------------------------------------------+
//| KeptFrames.mqh                                                   |
//| durable frames that may have to be sent again (R11)              |
//+------------------------------------------------------------------+
#ifndef DTMS_KEPT_FRAMES_MQH
#define DTMS_KEPT_FRAMES_MQH

#include "MsgPackWriter.mqh"

#define DTMS_KEPT_FRAMES 4096
#define DTMS_KEPT_BYTES  1048576

struct SKeptFrame
  {
   int               type;
   uchar             body[];
                     SKeptFrame(void) : type(0) {}
  };

//+------------------------------------------------------------------+
//| CKeptFrames: a ring of the last durable frames, without holes.   |
//| An acknowledged frame stays until its room is needed; one that   |
//| is not acknowledged is never given up.                           |
//+------------------------------------------------------------------+
class CKeptFrames
  {
private:
   SKeptFrame        m_frames[];
   int               m_most_frames;
   int               m_most_bytes;
   int               m_head;
   int               m_count;
   int               m_bytes;
   ulong             m_first_seq;
   ulong             m_acknowledged;

   void              DropFirst(void);

public:
                     CKeptFrames(void);
   void              SetLimits(const int most_frames,const int most_bytes);
   void              Clear(void);
   void              GoOnFrom(const ulong seq);
   ulong             LastSeq(void) const { return(m_first_seq+(ulong)m_count-1); }
   ulong             FirstSeq(void) const { return(m_first_seq); }
   bool              Keep(const int type,const CMsgPackWriter &body);
   void              Acknowledge(const ulong seq);
   bool              Get(const ulong seq,int &type,CMsgPackWriter &body) const;
  };

CKeptFrames::CKeptFrames(void) : m_most_frames(DTMS_KEPT_FRAMES),m_most_bytes(DTMS_KEPT_BYTES)
  {
   Clear();
  }

//--- for tests; forgets what is kept
void CKeptFrames::SetLimits(const int most_frames,const int most_bytes)
  {
   m_most_frames=most_frames;
   m_most_bytes=most_bytes;
   Clear();
  }

//--- numbering begins again at 1
void CKeptFrames::Clear(void)
  {
   ArrayFree(m_frames);
   m_head=0;
   m_count=0;
   m_bytes=0;
   m_first_seq=1;
   m_acknowledged=0;
  }

//--- nothing is kept; the next frame follows this number
void CKeptFrames::GoOnFrom(const ulong seq)
  {
   Clear();
   m_first_seq=seq+1;
   m_acknowledged=seq;
  }

//--- keeps a frame under the number LastSeq() then has; false: no room without giving up one that may be needed
bool CKeptFrames::Keep(const int type,const CMsgPackWriter &body)
  {
   int size=body.Size();
   while(m_count>0 && m_first_seq<=m_acknowledged && (m_count==m_most_frames || m_bytes+size>m_most_bytes))
      DropFirst();
   if(m_count==m_most_frames || m_bytes+size>m_most_bytes)
      return(false);
   if(ArraySize(m_frames)<m_most_frames && ArrayResize(m_frames,m_most_frames)!=m_most_frames)
      return(false);
   int slot=(m_head+m_count)%m_most_frames;
   m_frames[slot].type=type;
   body.CopyTo(m_frames[slot].body);
   if(ArraySize(m_frames[slot].body)!=size)
      return(false);
   m_count++;
   m_bytes+=size;
   return(true);
  }

//--- the peer has all up to here
void CKeptFrames::Acknowledge(const ulong seq)
  {
   if(seq>m_acknowledged)
      m_acknowledged=seq;
  }

//--- appends the body with that number to `body`; false: it is not kept
bool CKeptFrames::Get(const ulong seq,int &type,CMsgPackWriter &body) const
  {
   if(seq<m_first_seq || seq>LastSeq())
      return(false);
   int slot=(m_head+(int)(seq-m_first_seq))%m_most_frames;
   type=m_frames[slot].type;
   body.Raw(m_frames[slot].body,ArraySize(m_frames[slot].body));
   return(true);
  }

//--- gives up the oldest
void CKeptFrames::DropFirst(void)
  {
   m_bytes-=ArraySize(m_frames[m_head].body);
   ArrayFree(m_frames[m_head].body);
   m_head=(m_head+1)%m_most_frames;
   m_count--;
   m_first_seq++;
  }

#endif
//+------------------------------------------------------------------+
