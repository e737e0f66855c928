//+------------------------------------------------------------------+
//| Reencode.mqh                                                     |
//| any document, read element by element and written again          |
//+------------------------------------------------------------------+
#ifndef DTMS_TEST_REENCODE_MQH
#define DTMS_TEST_REENCODE_MQH

#include <DTMS/MsgPackReader.mqh>
#include <DTMS/MsgPackWriter.mqh>

//+------------------------------------------------------------------+
//| CReencoder: chooses the read by the first byte of each element   |
//+------------------------------------------------------------------+
class CReencoder
  {
private:
   CMsgPackReader    m_reader;
   uchar             m_bytes[];

   bool              Element(CMsgPackWriter &writer,const int depth);
   bool              List(CMsgPackWriter &writer,const int depth);
   bool              Number(const int head,CMsgPackWriter &writer);

public:
   bool              Document(const uchar &bytes[],const int size,CMsgPackWriter &writer);
  };

//--- false: no document, or more than one
bool CReencoder::Document(const uchar &bytes[],const int size,CMsgPackWriter &writer)
  {
   writer.Reset();
   ArrayFree(m_bytes);
   if(size<1 || ArrayCopy(m_bytes,bytes,0,0,size)!=size)
      return(false);
   m_reader.Attach(bytes,0,size);
   return(Element(writer,0) && m_reader.AtEnd());
  }

bool CReencoder::Element(CMsgPackWriter &writer,const int depth)
  {
   if(depth>DTMS_MSGPACK_DEPTH || m_reader.Position()>=ArraySize(m_bytes))
      return(false);
   int head=m_bytes[m_reader.Position()];
   if(m_reader.TakeNil())
     {
      writer.Nil();
      return(true);
     }
   if((head&0xF0)==0x90 || head==0xDC || head==0xDD)
      return(List(writer,depth));
   if((head&0xE0)==0xA0 || (head>=0xD9 && head<=0xDB))
     {
      string text="";
      if(!m_reader.Text(text))
         return(false);
      writer.Text(text);
      return(true);
     }
   return(Number(head,writer));
  }

bool CReencoder::List(CMsgPackWriter &writer,const int depth)
  {
   int total=0;
   if(!m_reader.Array(total))
      return(false);
   writer.Array(total);
   for(int i=0; i<total; i++)
      if(!Element(writer,depth+1))
         return(false);
   return(true);
  }

bool CReencoder::Number(const int head,CMsgPackWriter &writer)
  {
   bool flag=false;
   double real=0.0;
   long whole=0;
   ulong natural=0;
   if(head==0xC2 || head==0xC3)
     {
      if(!m_reader.Flag(flag))
         return(false);
      writer.Flag(flag);
      return(true);
     }
   if(head==0xCB)
     {
      if(!m_reader.Real(real))
         return(false);
      writer.Real(real);
      return(true);
     }
   if(head>=0xD0)
     {
      if(!m_reader.Int(whole))
         return(false);
      writer.Int(whole);
      return(true);
     }
   if(!m_reader.UInt(natural))
      return(false);
   writer.UInt(natural);
   return(true);
  }

#endif
