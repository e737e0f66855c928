//+------------------------------------------------------------------+
//| Random.mqh                                                       |
//| numbers that differ from everybody else's                        |
//+------------------------------------------------------------------+
#ifndef DTMS_RANDOM_MQH
#define DTMS_RANDOM_MQH

#include "Bytes.mqh"

//--- bytes of a SHA-256
#define DTMS_RANDOM_BLOCK 32

//+------------------------------------------------------------------+
//| CRandom: a chain of SHA-256 over clocks, a counter and what is   |
//| particular to this chart, account and terminal. Unique, not      |
//| secret: MQL5 has no source of secret randomness. Good for        |
//| session names, identities and jitter, not for keys.              |
//+------------------------------------------------------------------+
class CRandom
  {
private:
   uchar             m_state[];
   ulong             m_counter;

   void              Stir(const string text);

public:
                     CRandom(void);
   void              Seed(const string instance);
   ulong             Number(void);
   double            Fraction(void);
   void              Bytes(uchar &target[],const int size);
  };

CRandom::CRandom(void) : m_counter(0)
  {
  }

//--- mixes in what tells this program from all others; may be called again. `instance`: whatever else the caller knows.
void CRandom::Seed(const string instance)
  {
   Stir(instance+"|"+TerminalInfoString(TERMINAL_DATA_PATH)+"|"+AccountInfoString(ACCOUNT_SERVER)+"|"+
        IntegerToString(AccountInfoInteger(ACCOUNT_LOGIN))+"|"+IntegerToString(ChartID())+"|"+
        IntegerToString((long)TimeLocal()));
  }

//--- 64 bits; never 0
ulong CRandom::Number(void)
  {
   ulong number=0;
   while(number==0)
     {
      Stir("");
      number=CBytes::ReadBigEndian(m_state,0,8);
     }
   return(number);
  }

//--- from 0 up to, but not including, 1
double CRandom::Fraction(void)
  {
   return((double)(Number()>>11)/9007199254740992.0);
  }

//--- `size` bytes, at most 32
void CRandom::Bytes(uchar &target[],const int size)
  {
   Stir("");
   if(ArrayResize(target,size)==size)
      ArrayCopy(target,m_state,0,0,size);
  }

//--- next state: the hash of the old one, the clocks, a counter and a text
void CRandom::Stir(const string text)
  {
   uchar message[];
   uchar no_key[];
   uchar words[];
   m_counter++;
   if(ArrayResize(message,DTMS_RANDOM_BLOCK)!=DTMS_RANDOM_BLOCK)
      return;
   CBytes::WriteBigEndian(message,0,8,m_counter^(GetTickCount64()<<20)^(ulong)ChartID());
   CBytes::WriteBigEndian(message,8,8,GetMicrosecondCount());
   CBytes::WriteBigEndian(message,16,8,m_counter);
   CBytes::WriteBigEndian(message,24,8,(ulong)MathRand());
   if(ArraySize(m_state)>0)
      ArrayCopy(message,m_state,DTMS_RANDOM_BLOCK,0,DTMS_RANDOM_BLOCK);
   int size=CBytes::FromText(text,words);
   if(size>0)
      ArrayCopy(message,words,ArraySize(message),0,size);
   if(CryptEncode(CRYPT_HASH_SHA256,message,no_key,m_state)!=DTMS_RANDOM_BLOCK && ArrayResize(m_state,DTMS_RANDOM_BLOCK)==DTMS_RANDOM_BLOCK)
      ArrayCopy(m_state,message,0,0,DTMS_RANDOM_BLOCK);   // never seen to fail; chart and clocks still differ
  }

#endif
//+------------------------------------------------------------------+
