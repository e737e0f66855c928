//+------------------------------------------------------------------+
//| Hex.mqh                                                          |
//| bytes as hexadecimal digits                                      |
//+------------------------------------------------------------------+
#ifndef DTMS_HEX_MQH
#define DTMS_HEX_MQH

//+------------------------------------------------------------------+
//| CHex: two digits a byte, in lower case; reading is strict.       |
//+------------------------------------------------------------------+
class CHex
  {
private:
   static int        Value(const int digit);

public:
   static string     ToText(const uchar &bytes[],const int from,const int size);
   static int        ToBytes(const string text,uchar &bytes[]);
  };

string CHex::ToText(const uchar &bytes[],const int from,const int size)
  {
   string digits="0123456789abcdef";
   uchar text[];
   if(size<=0 || ArrayResize(text,2*size)!=2*size)
      return("");
   for(int i=0; i<size; i++)
     {
      int value=bytes[from+i];
      text[2*i]=(uchar)StringGetCharacter(digits,value>>4);
      text[2*i+1]=(uchar)StringGetCharacter(digits,value&15);
     }
   return(CharArrayToString(text,0,2*size,CP_UTF8));
  }

//--- returns the number of bytes, which is also the size of the array; -1: something else than pairs of digits
int CHex::ToBytes(const string text,uchar &bytes[])
  {
   int digits=StringLen(text);
   int size=digits/2;
   if(digits%2!=0 || ArrayResize(bytes,size)!=size)
      return(-1);
   for(int i=0; i<size; i++)
     {
      int high=Value(StringGetCharacter(text,2*i));
      int low=Value(StringGetCharacter(text,2*i+1));
      if(high<0 || low<0)
         return(-1);
      bytes[i]=(uchar)(16*high+low);
     }
   return(size);
  }

//--- -1: no digit
int CHex::Value(const int digit)
  {
   if(digit>='0' && digit<='9')
      return(digit-'0');
   if(digit>='a' && digit<='f')
      return(digit-'a'+10);
   return(-1);
  }

#endif
//+------------------------------------------------------------------+
