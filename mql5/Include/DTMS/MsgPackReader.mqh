//+------------------------------------------------------------------+
//| MsgPackReader.mqh                                                |
//| reads MessagePack from anyone                                    |
//+------------------------------------------------------------------+
#ifndef DTMS_MSGPACK_READER_MQH
#define DTMS_MSGPACK_READER_MQH

#include "Bytes.mqh"
#include "Utf8.mqh"

//--- deepest nesting that Skip follows; messages of the link have a depth of 5
#define DTMS_MSGPACK_DEPTH 32

//+------------------------------------------------------------------+
//| CMsgPackReader: takes one element after the other. Every length  |
//| is checked against the bytes that are there before it is used,   |
//| and nothing is allocated by an announced length. A read that     |
//| does not fit gives false and leaves the reader failed: all reads |
//| after it give false too, so a caller may test once at the end.   |
//+------------------------------------------------------------------+
class CMsgPackReader
  {
private:
   uchar             m_data[];
   int               m_end;
   int               m_at;
   bool              m_failed;

   bool              Fail(void);
   bool              Has(const int size) const { return(size<=m_end-m_at); }
   bool              Head(int &head);
   bool              Length(const int width,int &length);
   bool              Integer(bool &negative,ulong &bits);
   bool              TextLength(const int head,int &length);
   bool              SkipOne(int &items);
   bool              SkipBytes(const int width,const int extra);
   bool              SkipItems(const int width,const int each,int &items);
   bool              SkipFixed(const int head);

public:
                     CMsgPackReader(void);
   void              Attach(const uchar &data[],const int from,const int size);
   bool              Array(int &n);
   bool              UInt(ulong &v);
   bool              Int(long &v);
   bool              Real(double &v);
   bool              Text(string &s);
   bool              Flag(bool &v);
   bool              TakeNil(void);
   bool              Skip(void);
   bool              AtEnd(void) const { return(!m_failed && m_at==m_end); }
   bool              Failed(void) const { return(m_failed); }
   int               Position(void) const { return(m_at); }
   bool              Seek(const int position);
  };

CMsgPackReader::CMsgPackReader(void) : m_end(0),m_at(0),m_failed(false)
  {
  }

//--- begins a document: a copy of `size` bytes at `from`. A range outside the array leaves the reader failed.
void CMsgPackReader::Attach(const uchar &data[],const int from,const int size)
  {
   m_at=0;
   m_end=0;
   m_failed=(from<0 || size<0 || from>ArraySize(data)-size);
   if(m_failed || size==0)
      return;
   m_failed=(ArrayCopy(m_data,data,0,from,size)!=size);
   m_end=(m_failed ? 0 : size);
  }

//--- head of an array; `n` elements follow, each of at least one byte
bool CMsgPackReader::Array(int &n)
  {
   n=0;
   int head=0;
   if(!Head(head))
      return(false);
   if((head&0xF0)==0x90)
      n=head&0x0F;
   else
      if(head!=0xDC && head!=0xDD)
         return(Fail());
      else
         if(!Length(head==0xDC ? 2 : 4,n))
            return(false);
   return(Has(n) ? true : Fail());
  }

//--- an integer from 0 to 2^64-1, in any form
bool CMsgPackReader::UInt(ulong &v)
  {
   bool negative=false;
   v=0;
   ulong bits=0;
   if(!Integer(negative,bits))
      return(false);
   if(negative)
      return(Fail());
   v=bits;
   return(true);
  }

//--- an integer from -2^63 to 2^63-1, in any form
bool CMsgPackReader::Int(long &v)
  {
   bool negative=false;
   v=0;
   ulong bits=0;
   if(!Integer(negative,bits))
      return(false);
   if(!negative && bits>0x7FFFFFFFFFFFFFFF)
      return(Fail());
   v=(long)bits;
   return(true);
  }

//--- a real: float64 only. float32 and integers are refused, for a price in them has lost digits or its meaning.
bool CMsgPackReader::Real(double &v)
  {
   v=0.0;
   int head=0;
   if(!Head(head))
      return(false);
   if(head!=0xCB || !Has(8))
      return(Fail());
   v=CBytes::RealOf(CBytes::ReadBigEndian(m_data,m_at,8));
   m_at+=8;
   return(true);
  }

//--- a text: str of valid UTF-8 without zero characters
bool CMsgPackReader::Text(string &s)
  {
   s="";
   int head=0;
   int length=0;
   if(!Head(head) || !TextLength(head,length))
      return(false);
   if(!Has(length) || !CUtf8::Valid(m_data,m_at,length))
      return(Fail());
   if(length>0)
      s=CharArrayToString(m_data,m_at,length,CP_UTF8);
   m_at+=length;
   return(true);
  }

//--- true or false
bool CMsgPackReader::Flag(bool &v)
  {
   v=false;
   int head=0;
   if(!Head(head))
      return(false);
   if(head!=0xC2 && head!=0xC3)
      return(Fail());
   v=(head==0xC3);
   return(true);
  }

//--- consumes a nil if one is next; anything else stays for the next read
bool CMsgPackReader::TakeNil(void)
  {
   if(m_failed || !Has(1) || m_data[m_at]!=0xC0)
      return(false);
   m_at++;
   return(true);
  }

//--- one element of any kind with all that it contains, to a depth of DTMS_MSGPACK_DEPTH
bool CMsgPackReader::Skip(void)
  {
   int open[DTMS_MSGPACK_DEPTH];
   int depth=0;
   open[0]=1;
   while(depth>=0)
     {
      int items=0;
      if(open[depth]==0)
        {
         depth--;
         continue;
        }
      open[depth]--;
      if(!SkipOne(items))
         return(false);
      if(items==0)
         continue;
      depth++;
      if(depth>=DTMS_MSGPACK_DEPTH)
         return(Fail());
      open[depth]=items;
     }
   return(true);
  }

//--- goes to a position given by Position() of the same document
bool CMsgPackReader::Seek(const int position)
  {
   if(m_failed || position<0 || position>m_end)
      return(Fail());
   m_at=position;
   return(true);
  }

//--- the reader cannot go on
bool CMsgPackReader::Fail(void)
  {
   m_failed=true;
   return(false);
  }

//--- the first byte of the next element
bool CMsgPackReader::Head(int &head)
  {
   if(m_failed || !Has(1))
      return(Fail());
   head=m_data[m_at];
   m_at++;
   return(true);
  }

//--- a length of `width` bytes; one that the rest of the document cannot hold fails
bool CMsgPackReader::Length(const int width,int &length)
  {
   length=0;
   if(!Has(width))
      return(Fail());
   ulong announced=CBytes::ReadBigEndian(m_data,m_at,width);
   m_at+=width;
   if(announced>(ulong)(m_end-m_at))
      return(Fail());
   length=(int)announced;
   return(true);
  }

//--- any integer; of a negative one the bits are those of its two's complement
bool CMsgPackReader::Integer(bool &negative,ulong &bits)
  {
   int head=0;
   negative=false;
   bits=0;
   if(!Head(head))
      return(false);
   if(head<0x80)
     {
      bits=(ulong)head;
      return(true);
     }
   if(head>=0xE0)
     {
      negative=true;
      bits=(ulong)((long)head-256);
      return(true);
     }
   if(head<0xCC || head>0xD3)
      return(Fail());
   int width=1<<((head-0xCC)&3);
   if(!Has(width))
      return(Fail());
   bits=CBytes::ReadBigEndian(m_data,m_at,width);
   m_at+=width;
   if(head<0xD0 || ((bits>>(width*8-1))&1)==0)
      return(true);
   negative=true;
   for(int i=width; i<8; i++)
      bits|=(ulong)0xFF<<(i*8);
   return(true);
  }

//--- bytes of the text with this head
bool CMsgPackReader::TextLength(const int head,int &length)
  {
   if((head&0xE0)==0xA0)
     {
      length=head&0x1F;
      return(true);
     }
   if(head<0xD9 || head>0xDB)
      return(Fail());
   return(Length(1<<(head-0xD9),length));
  }

//--- one element without what it contains; `items` elements of it follow
bool CMsgPackReader::SkipOne(int &items)
  {
   int head=0;
   items=0;
   if(!Head(head))
      return(false);
   if(head<0x80 || head>=0xE0)
      return(true);
   if(head<0x90)
     {
      items=2*(head&0x0F);
      return(Has(items) ? true : Fail());
     }
   if(head<0xA0)
     {
      items=head&0x0F;
      return(Has(items) ? true : Fail());
     }
   if(head<0xC0)
      return(Has(head&0x1F) ? Seek(m_at+(head&0x1F)) : Fail());
   if(head>=0xDC)
      return(SkipItems((head&1)==0 ? 2 : 4,head>=0xDE ? 2 : 1,items));
   return(SkipFixed(head));
  }

//--- nil, flags, bin, ext, numbers and str: heads 0xC0 to 0xDB
bool CMsgPackReader::SkipFixed(const int head)
  {
   if(head==0xC1)
      return(Fail());
   if(head<0xC4)
      return(true);
   if(head<0xC7)
      return(SkipBytes(1<<(head-0xC4),0));
   if(head<0xCA)
      return(SkipBytes(1<<(head-0xC7),1));
   if(head>=0xD9)
      return(SkipBytes(1<<(head-0xD9),0));
   int size=0;
   if(head<0xCC)
      size=(head==0xCA ? 4 : 8);
   else
      if(head<0xD4)
         size=1<<((head-0xCC)&3);
      else
         size=1+(1<<(head-0xD4));
   return(Has(size) ? Seek(m_at+size) : Fail());
  }

//--- a length of `width` bytes, and so many bytes and `extra` ones
bool CMsgPackReader::SkipBytes(const int width,const int extra)
  {
   int length=0;
   if(!Length(width,length))
      return(false);
   return(Has(length+extra) ? Seek(m_at+length+extra) : Fail());
  }

//--- head of an array (each=1) or a map (each=2) with a length of `width` bytes
bool CMsgPackReader::SkipItems(const int width,const int each,int &items)
  {
   int length=0;
   if(!Length(width,length))
      return(false);
   if(length>(m_end-m_at)/each)
      return(Fail());
   items=length*each;
   return(true);
  }

#endif
//+------------------------------------------------------------------+
