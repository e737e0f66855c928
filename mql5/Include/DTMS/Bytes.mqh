//+------------------------------------------------------------------+
//| Bytes.mqh                                                        |
//| numbers as bytes: the bits of a real, network order, text        |
//+------------------------------------------------------------------+
#ifndef DTMS_BYTES_MQH
#define DTMS_BYTES_MQH

//--- the same eight bytes as a real and as an integer
union URealBits
  {
   double            real;
   ulong             bits;
  };

//+------------------------------------------------------------------+
//| CBytes: conversions that keep no state                           |
//+------------------------------------------------------------------+
class CBytes
  {
public:
   static ulong      BitsOf(const double value);
   static double     RealOf(const ulong bits);
   static ulong      ReadBigEndian(const uchar &data[],const int from,const int width);
   static void       WriteBigEndian(uchar &data[],const int from,const int width,const ulong value);
   static int        FromText(const string text,uchar &bytes[]);
   static string     PlainText(const uchar &data[],const int from,const int size);
   static bool       Same(const uchar &data[],const int from,const int size,const uchar &wanted[],const int wanted_size);
  };

//--- IEEE-754 bits of a real; exact for every value, NaN and -0 included
ulong CBytes::BitsOf(const double value)
  {
   URealBits both;
   both.real=value;
   return(both.bits);
  }

//--- the real with these IEEE-754 bits
double CBytes::RealOf(const ulong bits)
  {
   URealBits both;
   both.bits=bits;
   return(both.real);
  }

//--- unsigned integer of `width` bytes (1 to 8) in network order; the caller has checked the bounds
ulong CBytes::ReadBigEndian(const uchar &data[],const int from,const int width)
  {
   ulong value=0;
   for(int i=0; i<width; i++)
      value=(value<<8)|(ulong)data[from+i];
   return(value);
  }

//--- the low `width` bytes (1 to 8) of a number in network order; the caller has checked the bounds
void CBytes::WriteBigEndian(uchar &data[],const int from,const int width,const ulong value)
  {
   ulong rest=value;
   for(int i=width-1; i>=0; i--)
     {
      data[from+i]=(uchar)(rest&0xFF);
      rest>>=8;
     }
  }

//--- UTF-8 bytes of a text without a terminating zero; returns their count, the array may be longer
int CBytes::FromText(const string text,uchar &bytes[])
  {
   int size=StringToCharArray(text,bytes,0,WHOLE_ARRAY,CP_UTF8)-1;
   return(size>0 ? size : 0);
  }

//--- what a stranger says, fit for a log: at most 64 characters, everything but printable ASCII as '?'
string CBytes::PlainText(const uchar &data[],const int from,const int size)
  {
   int most=(size<64 ? size : 64);
   string text="";
   if(most<=0)
      return(text);
   uchar plain[];
   if(ArrayResize(plain,most)!=most)
      return(text);
   for(int i=0; i<most; i++)
      plain[i]=(data[from+i]>=32 && data[from+i]<127 ? data[from+i] : (uchar)'?');
   return(CharArrayToString(plain,0,most,CP_UTF8));
  }

//--- whether `size` bytes at `from` are exactly the wanted ones; the caller has checked the bounds
bool CBytes::Same(const uchar &data[],const int from,const int size,const uchar &wanted[],const int wanted_size)
  {
   if(size!=wanted_size)
      return(false);
   for(int i=0; i<size; i++)
      if(data[from+i]!=wanted[i])
         return(false);
   return(true);
  }

#endif
//+------------------------------------------------------------------+
