//+------------------------------------------------------------------+
//| CheckPlatform.mqh                                                |
//| numbers, texts, hashes and clocks of the terminal                |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_PLATFORM_MQH
#define DTMS_CHECK_PLATFORM_MQH

#include "Bytes.mqh"
#include "CheckReport.mqh"
#include "MsgPackReader.mqh"
#include "MsgPackWriter.mqh"

#define DTMS_CHECK_PATTERNS 10
//--- FIPS 180-2, appendix B.1: SHA-256 of "abc"
#define DTMS_CHECK_SHA256   "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
//--- IEEE-754 bits of 1.14605 and of 0.1+0.2
#define DTMS_CHECK_LITERAL  0x3FF2563886594AF5
#define DTMS_CHECK_SUM      0x3FD3333333333334
#define DTMS_CHECK_SLEEP_MS 100
#define DTMS_CHECK_NAPS     50

//+------------------------------------------------------------------+
//| CCheckPlatform: checks that need nothing but the terminal        |
//+------------------------------------------------------------------+
class CCheckPlatform
  {
private:
   static string     HashFault(void);
   static string     PatternFault(void);
   static string     ArithmeticFault(void);
   static string     TextFault(void);
   static string     SleepFault(void);
   static void       Naps(CCheckReport &report);

public:
   static void       Run(CCheckReport &report);
   static void       Clock(CCheckReport &report);
  };

void CCheckPlatform::Run(CCheckReport &report)
  {
   string fault=HashFault();
   report.Check("sha256",fault=="",fault);
   fault=PatternFault();
   report.Check("double bits",fault=="",fault);
   fault=ArithmeticFault();
   report.Check("double arithmetic",fault=="",fault);
   fault=TextFault();
   report.Check("utf-8",fault=="",fault);
   fault=SleepFault();
   report.Check("clocks run",fault=="",fault);
   Naps(report);
  }

//--- to be asked last: over all lines of the report
void CCheckPlatform::Clock(CCheckReport &report)
  {
   report.Check("clocks never go back",!report.ClockWentBack(),"GetTickCount64 became smaller between two lines");
  }

string CCheckPlatform::HashFault(void)
  {
   uchar message[];
   uchar no_key[];
   uchar digest[];
   string hex="";
   int size=CBytes::FromText("abc",message);
   if(ArrayResize(message,size)!=size)
      return("no memory");
   int length=CryptEncode(CRYPT_HASH_SHA256,message,no_key,digest);
   for(int i=0; i<length; i++)
      hex+=StringFormat("%02x",digest[i]);
   return(hex==DTMS_CHECK_SHA256 ? "" : "of \"abc\" is "+hex);
  }

//--- bits of reals survive the union, the writer and the reader: zeros, the smallest and the largest, infinities, NaN
string CCheckPlatform::PatternFault(void)
  {
   ulong patterns[DTMS_CHECK_PATTERNS]={0x0,0x8000000000000000,0x1,0x800FFFFFFFFFFFFF,0x0010000000000000,0x3FF0000000000001,
                                        0x7FEFFFFFFFFFFFFF,0x7FF0000000000000,0xFFF0000000000000,0x7FF8000000000001
                                       };
   CMsgPackReader reader;
   CMsgPackWriter writer;
   for(int i=0; i<DTMS_CHECK_PATTERNS; i++)
     {
      uchar bytes[];
      double value=0.0;
      writer.Reset();
      writer.Real(CBytes::RealOf(patterns[i]));
      writer.CopyTo(bytes);
      reader.Attach(bytes,0,ArraySize(bytes));
      if(!reader.Real(value) || CBytes::BitsOf(value)!=patterns[i])
         return(StringFormat("%016I64X comes back as %016I64X",patterns[i],CBytes::BitsOf(value)));
     }
   return("");
  }

//--- the compiler reads a decimal literal, and the machine adds, as IEEE-754 says
string CCheckPlatform::ArithmeticFault(void)
  {
   double literal=1.14605;
   double tenth=0.1;
   double sum=tenth+0.2;
   if(CBytes::BitsOf(literal)!=DTMS_CHECK_LITERAL)
      return(StringFormat("1.14605 is %016I64X",CBytes::BitsOf(literal)));
   return(CBytes::BitsOf(sum)==DTMS_CHECK_SUM ? "" : StringFormat("0.1+0.2 is %016I64X",CBytes::BitsOf(sum)));
  }

//--- characters of two, three and four bytes (the last one is a pair of UTF-16 units) there and back
string CCheckPlatform::TextFault(void)
  {
   uchar wanted[9]={0xC3,0xA9,0xE2,0x82,0xAC,0xF0,0x9F,0x93,0x88};
   uchar bytes[];
   string text=CharArrayToString(wanted,0,9,CP_UTF8);
   if(StringLen(text)!=4)
      return("9 bytes become "+IntegerToString(StringLen(text))+" UTF-16 units, not 4");
   int size=CBytes::FromText(text,bytes);
   if(size!=9)
      return("4 UTF-16 units become "+IntegerToString(size)+" bytes, not 9");
   return(CBytes::Same(bytes,0,size,wanted,9) ? "" : "other bytes come back");
  }

//--- both clocks see a Sleep; one that was cut short means that the script was stopped
string CCheckPlatform::SleepFault(void)
  {
   ulong ticks=GetTickCount64();
   ulong micros=GetMicrosecondCount();
   Sleep(DTMS_CHECK_SLEEP_MS);
   ulong ticks_passed=GetTickCount64()-ticks;
   ulong micros_passed=GetMicrosecondCount()-micros;
   ulong least=(ulong)(DTMS_CHECK_SLEEP_MS-20);   // GetTickCount64 counts in steps of 10 to 16 ms
   if(ticks_passed<least || ticks_passed>10000)
      return(StringFormat("GetTickCount64 counts %I64u ms for Sleep(%d)",ticks_passed,DTMS_CHECK_SLEEP_MS));
   if(micros_passed<least*1000 || micros_passed>10000000)
      return(StringFormat("GetMicrosecondCount counts %I64u us for Sleep(%d)",micros_passed,DTMS_CHECK_SLEEP_MS));
   return("");
  }

//--- how long the shortest rest is: about what a timer of 10 ms becomes
void CCheckPlatform::Naps(CCheckReport &report)
  {
   ulong began=GetMicrosecondCount();
   for(int i=0; i<DTMS_CHECK_NAPS; i++)
      Sleep(1);
   ulong each=(GetMicrosecondCount()-began)/(ulong)DTMS_CHECK_NAPS;
   report.Note("shortest rest",StringFormat("Sleep(1) takes %I64u us",each));
  }

#endif
//+------------------------------------------------------------------+
