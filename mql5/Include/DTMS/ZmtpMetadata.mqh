//+------------------------------------------------------------------+
//| ZmtpMetadata.mqh                                                 |
//| the properties that two ZMTP peers tell each other               |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_METADATA_MQH
#define DTMS_ZMTP_METADATA_MQH

#include "Bytes.mqh"

//+------------------------------------------------------------------+
//| CZmtpMetadata: a list of properties, each a name (length byte)   |
//| and a value (length of four bytes). Reading is bounds-checked to |
//| the last byte.                                                   |
//+------------------------------------------------------------------+
class CZmtpMetadata
  {
private:
   static bool       NameIs(const uchar &data[],const int from,const int size,const string wanted);

public:
   static int        Append(uchar &data[],const int at,const string name,const uchar &value[],const int size);
   static bool       Find(const uchar &data[],const int from,const int size,const string name,string &value);
  };

//--- writes one property at `at`; returns the position behind it
int CZmtpMetadata::Append(uchar &data[],const int at,const string name,const uchar &value[],const int size)
  {
   uchar name_bytes[];
   int name_size=CBytes::FromText(name,name_bytes);
   if(ArrayResize(data,at+1+name_size+4+size)<0)
      return(at);
   data[at]=(uchar)name_size;
   ArrayCopy(data,name_bytes,at+1,0,name_size);
   CBytes::WriteBigEndian(data,at+1+name_size,4,(ulong)size);
   if(size>0)
      ArrayCopy(data,value,at+1+name_size+4,0,size);
   return(at+1+name_size+4+size);
  }

//--- looks a property up; false: the list is malformed. A property that is not there gives "".
bool CZmtpMetadata::Find(const uchar &data[],const int from,const int size,const string name,string &value)
  {
   int at=from;
   int end=from+size;
   value="";
   while(at<end)
     {
      int name_size=data[at];
      if(name_size==0 || at+1+name_size+4>end)
         return(false);
      ulong announced=CBytes::ReadBigEndian(data,at+1+name_size,4);
      int value_at=at+1+name_size+4;
      if(announced>(ulong)(end-value_at))
         return(false);
      int value_size=(int)announced;
      if(NameIs(data,at+1,name_size,name))
         value=CBytes::PlainText(data,value_at,value_size);
      at=value_at+value_size;
     }
   return(true);
  }

//--- names are compared without regard to case (RFC 37)
bool CZmtpMetadata::NameIs(const uchar &data[],const int from,const int size,const string wanted)
  {
   uchar wanted_bytes[];
   if(CBytes::FromText(wanted,wanted_bytes)!=size)
      return(false);
   for(int i=0; i<size; i++)
     {
      int a=data[from+i];
      int b=wanted_bytes[i];
      if(a>='A' && a<='Z')
         a+=32;
      if(b>='A' && b<='Z')
         b+=32;
      if(a!=b)
         return(false);
     }
   return(true);
  }

#endif
//+------------------------------------------------------------------+
