//+------------------------------------------------------------------+
//| MsgPackWriter.mqh                                                |
//| writes MessagePack                                               |
//+------------------------------------------------------------------+
#ifndef DTMS_MSGPACK_WRITER_MQH
#define DTMS_MSGPACK_WRITER_MQH

#include "Bytes.mqh"

//+------------------------------------------------------------------+
//| CMsgPackWriter: builds one document in memory. Integers and      |
//| lengths take their smallest form, so equal documents are equal   |
//| bytes; reals are float64 always. Kept between documents: Reset   |
//| keeps the memory.                                                |
//+------------------------------------------------------------------+
class CMsgPackWriter
  {
private:
   uchar             m_bytes[];
   int               m_capacity;
   int               m_size;
   uchar             m_text[];

   bool              Reserve(const int more);
   void              Byte(const int value);
   void              Number(const int head,const int width,const ulong value);

public:
                     CMsgPackWriter(void);
   void              Reset(void);
   void              Array(const int n);
   void              UInt(const ulong v);
   void              Int(const long v);
   void              Real(const double v);
   void              Text(const string s);
   void              Flag(const bool v);
   void              Nil(void);
   void              Raw(const uchar &bytes[],const int size);
   int               Size(void) const { return(m_size); }
   void              CopyTo(uchar &target[]) const;
   void              AppendTo(CMsgPackWriter &target) const;
  };

CMsgPackWriter::CMsgPackWriter(void) : m_capacity(0),m_size(0)
  {
  }

//--- begins the next document
void CMsgPackWriter::Reset(void)
  {
   m_size=0;
  }

//--- the next `n` elements are those of an array; a negative count is written as 0
void CMsgPackWriter::Array(const int n)
  {
   int count=(n>0 ? n : 0);
   if(count<16)
      Byte(0x90+count);
   else
      if(count<=0xFFFF)
         Number(0xDC,2,(ulong)count);
      else
         Number(0xDD,4,(ulong)count);
  }

//--- an unsigned integer
void CMsgPackWriter::UInt(const ulong v)
  {
   if(v<0x80)
      Byte((int)v);
   else
      if(v<=0xFF)
         Number(0xCC,1,v);
      else
         if(v<=0xFFFF)
            Number(0xCD,2,v);
         else
            if(v<=0xFFFFFFFF)
               Number(0xCE,4,v);
            else
               Number(0xCF,8,v);
  }

//--- a signed integer; from 0 up it has the form of an unsigned one
void CMsgPackWriter::Int(const long v)
  {
   if(v>=0)
      UInt((ulong)v);
   else
      if(v>=-32)
         Byte((int)(v&0xFF));
      else
         if(v>=-128)
            Number(0xD0,1,(ulong)v);
         else
            if(v>=-32768)
               Number(0xD1,2,(ulong)v);
            else
               if(v>=(long)INT_MIN)
                  Number(0xD2,4,(ulong)v);
               else
                  Number(0xD3,8,(ulong)v);
  }

//--- a real as float64; NaN and the infinities are written as they are
void CMsgPackWriter::Real(const double v)
  {
   Number(0xCB,8,CBytes::BitsOf(v));
  }

//--- a text as str in UTF-8; NULL is written as the empty text
void CMsgPackWriter::Text(const string s)
  {
   int size=CBytes::FromText(s,m_text);
   if(size<32)
      Byte(0xA0+size);
   else
      if(size<=0xFF)
         Number(0xD9,1,(ulong)size);
      else
         if(size<=0xFFFF)
            Number(0xDA,2,(ulong)size);
         else
            Number(0xDB,4,(ulong)size);
   Raw(m_text,size);
  }

//--- true or false
void CMsgPackWriter::Flag(const bool v)
  {
   Byte(v ? 0xC3 : 0xC2);
  }

//--- nil: there is no value
void CMsgPackWriter::Nil(void)
  {
   Byte(0xC0);
  }

//--- appends the first `size` bytes as they are
void CMsgPackWriter::Raw(const uchar &bytes[],const int size)
  {
   if(size<=0 || !Reserve(size))
      return;
   m_size+=ArrayCopy(m_bytes,bytes,m_size,0,size);
  }

//--- gives the document; the array gets exactly its size
void CMsgPackWriter::CopyTo(uchar &target[]) const
  {
   if(ArrayResize(target,m_size)==m_size && m_size>0)
      ArrayCopy(target,m_bytes,0,0,m_size);
  }

//--- appends the document to another one
void CMsgPackWriter::AppendTo(CMsgPackWriter &target) const
  {
   target.Raw(m_bytes,m_size);
  }

//--- makes room; grows by doubling, for the terminal reallocates at every resize
bool CMsgPackWriter::Reserve(const int more)
  {
   int wanted=m_size+more;
   if(wanted<=m_capacity)
      return(true);
   int capacity=(m_capacity<256 ? 256 : m_capacity);
   while(capacity<wanted)
      capacity*=2;
   if(ArrayResize(m_bytes,capacity)<capacity)
      return(false);
   m_capacity=capacity;
   return(true);
  }

//--- one byte
void CMsgPackWriter::Byte(const int value)
  {
   if(!Reserve(1))
      return;
   m_bytes[m_size]=(uchar)value;
   m_size++;
  }

//--- a head byte and the low `width` bytes of a number
void CMsgPackWriter::Number(const int head,const int width,const ulong value)
  {
   if(!Reserve(width+1))
      return;
   m_bytes[m_size]=(uchar)head;
   CBytes::WriteBigEndian(m_bytes,m_size+1,width,value);
   m_size+=width+1;
  }

#endif
//+------------------------------------------------------------------+
