//+------------------------------------------------------------------+
//| ZmtpReader.mqh                                                   |
//| frames of a ZMTP connection, out of bytes that drip in           |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_READER_MQH
#define DTMS_ZMTP_READER_MQH

#include "Bytes.mqh"
#include "Protocol.mqh"

//--- flags of a frame (RFC 37); the other bits are reserved and zero
#define ZMTP_FLAG_MORE    1
#define ZMTP_FLAG_LONG    2
#define ZMTP_FLAG_COMMAND 4
//--- commands are READY with its properties, ERROR, PING, PONG and the like: no more is ever needed
#define ZMTP_MAX_COMMAND  16384

enum ENUM_ZMTP_READ
  {
   ZMTP_READ_PART,          // not complete yet
   ZMTP_READ_COMPLETE,      // a frame is there until Next
   ZMTP_READ_TOO_LARGE,     // announces more than is accepted: nothing of it was kept
   ZMTP_READ_MALFORMED      // no frame of ZMTP 3
  };

//+------------------------------------------------------------------+
//| CZmtpReader: puts one frame together. The announced size is      |
//| checked before anything is kept; memory follows the bytes that   |
//| have arrived, never the announcement.                            |
//+------------------------------------------------------------------+
class CZmtpReader
  {
private:
   ENUM_ZMTP_READ    m_result;
   uchar             m_head[9];
   int               m_head_size;
   int               m_wanted;
   uchar             m_body[];
   int               m_capacity;
   int               m_have;
   int               m_limit;

   int               FeedHead(const uchar &data[],const int from,const int size);
   int               FeedBody(const uchar &data[],const int from,const int size);
   void              CheckHead(void);

public:
                     CZmtpReader(void);
   void              Next(void);
   void              SetOverhead(const int bytes) { m_limit=DTMS_MAX_FRAME+bytes; }
   int               Feed(const uchar &data[],const int from,const int size);
   ENUM_ZMTP_READ    Result(void) const { return(m_result); }
   bool              IsCommand(void) const { return((m_head[0]&ZMTP_FLAG_COMMAND)!=0); }
   bool              HasMore(void) const { return((m_head[0]&ZMTP_FLAG_MORE)!=0); }
   int               Size(void) const { return(m_have); }
   int               CopyTo(uchar &target[]) const;
  };

CZmtpReader::CZmtpReader(void) : m_capacity(0),m_limit(DTMS_MAX_FRAME)
  {
   Next();
  }

//--- begins the next frame
void CZmtpReader::Next(void)
  {
   m_result=ZMTP_READ_PART;
   m_head[0]=0;
   m_head_size=0;
   m_wanted=0;
   m_have=0;
  }

//--- takes bytes up to the end of the frame; returns how many. Takes none once there is a result.
int CZmtpReader::Feed(const uchar &data[],const int from,const int size)
  {
   int taken=FeedHead(data,from,size);
   if(m_result==ZMTP_READ_PART)
      taken+=FeedBody(data,from+taken,size-taken);
   return(taken);
  }

//--- the frame's content; the array may be longer, the result is its size
int CZmtpReader::CopyTo(uchar &target[]) const
  {
   if(m_have>0)
      ArrayCopy(target,m_body,0,0,m_have);
   return(m_have);
  }

//--- flags and a size of one or eight bytes
int CZmtpReader::FeedHead(const uchar &data[],const int from,const int size)
  {
   int taken=0;
   while(taken<size && m_result==ZMTP_READ_PART)
     {
      int needed=(m_head_size>0 && (m_head[0]&ZMTP_FLAG_LONG)!=0 ? 9 : 2);
      if(m_head_size==needed)
         break;
      m_head[m_head_size]=data[from+taken];
      m_head_size++;
      taken++;
      needed=((m_head[0]&ZMTP_FLAG_LONG)!=0 ? 9 : 2);
      if(m_head_size==1 || m_head_size==needed)
         CheckHead();
     }
   return(taken);
  }

//--- flags as soon as they are there, the size as soon as it is
void CZmtpReader::CheckHead(void)
  {
   int flags=m_head[0];
   bool command=((flags&ZMTP_FLAG_COMMAND)!=0);
   if((flags&0xF8)!=0 || (command && (flags&ZMTP_FLAG_MORE)!=0))
     {
      m_result=ZMTP_READ_MALFORMED;
      return;
     }
   if(m_head_size==1)
      return;
   ulong announced=CBytes::ReadBigEndian(m_head,1,m_head_size-1);
   if(announced>(ulong)(command ? ZMTP_MAX_COMMAND : m_limit))
     {
      m_result=ZMTP_READ_TOO_LARGE;
      return;
     }
   m_wanted=(int)announced;
   if(m_wanted==0)
      m_result=ZMTP_READ_COMPLETE;
  }

//--- content; only behind a complete head
int CZmtpReader::FeedBody(const uchar &data[],const int from,const int size)
  {
   int missing=m_wanted-m_have;
   int taken=(size<missing ? size : missing);
   if(taken<=0)
      return(0);
   if(m_have+taken>m_capacity)
     {
      int capacity=(m_capacity<1024 ? 1024 : m_capacity);
      while(capacity<m_have+taken)
         capacity*=2;
      if(ArrayResize(m_body,capacity)<capacity)
        {
         m_result=ZMTP_READ_TOO_LARGE;
         return(0);
        }
      m_capacity=capacity;
     }
   ArrayCopy(m_body,data,m_have,from,taken);
   m_have+=taken;
   if(m_have==m_wanted)
      m_result=ZMTP_READ_COMPLETE;
   return(taken);
  }

#endif
//+------------------------------------------------------------------+
