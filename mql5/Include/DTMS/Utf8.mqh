//+------------------------------------------------------------------+
//| Utf8.mqh                                                         |
//| whether bytes are a text                                         |
//+------------------------------------------------------------------+
#ifndef DTMS_UTF8_MQH
#define DTMS_UTF8_MQH

//+------------------------------------------------------------------+
//| CUtf8: strict check of UTF-8 (RFC 3629): no overlong forms, no   |
//| surrogates, nothing above U+10FFFF; and no zero, which would end |
//| a string of the terminal early.                                  |
//+------------------------------------------------------------------+
class CUtf8
  {
private:
   static int        Length(const int head);
   static bool       SecondFits(const int head,const int second);

public:
   static bool       Valid(const uchar &data[],const int from,const int size);
  };

//--- whether `size` bytes at `from` are a text; the caller has checked the bounds
bool CUtf8::Valid(const uchar &data[],const int from,const int size)
  {
   int end=from+size;
   int at=from;
   while(at<end)
     {
      int head=data[at];
      int length=Length(head);
      if(length==0 || at+length>end)
         return(false);
      if(length>1 && !SecondFits(head,data[at+1]))
         return(false);
      for(int i=2; i<length; i++)
         if((data[at+i]&0xC0)!=0x80)
            return(false);
      at+=length;
     }
   return(true);
  }

//--- bytes of the character that begins with this one, 0 if none can
int CUtf8::Length(const int head)
  {
   if(head>=0x01 && head<=0x7F)
      return(1);
   if(head>=0xC2 && head<=0xDF)
      return(2);
   if(head>=0xE0 && head<=0xEF)
      return(3);
   if(head>=0xF0 && head<=0xF4)
      return(4);
   return(0);
  }

//--- the second byte decides about overlong forms, surrogates and the upper end
bool CUtf8::SecondFits(const int head,const int second)
  {
   if((second&0xC0)!=0x80)
      return(false);
   switch(head)
     {
      case 0xE0:
         return(second>=0xA0);
      case 0xED:
         return(second<=0x9F);
      case 0xF0:
         return(second>=0x90);
      case 0xF4:
         return(second<=0x8F);
      default:
         return(true);
     }
  }

#endif
//+------------------------------------------------------------------+
