//+------------------------------------------------------------------+
//| Crypto.mq5                                                       |
//| one function of the cryptography on hex texts that a test gives  |
//+------------------------------------------------------------------+
#include <DTMS/Hex.mqh>
#include <DTMS/SecretBox.mqh>

//--- chart events by which a test asks; words are parted by blanks, the answer is the comment
#define CRYPTO_SCALARMULT  1001   // secret point
#define CRYPTO_ITERATE     1002   // scalar point; lparam: rounds
#define CRYPTO_POLY1305    1003   // key text
#define CRYPTO_STREAM      1004   // key nonce; lparam: bytes
#define CRYPTO_SHARED_KEY  1005   // public secret
#define CRYPTO_SEAL        1006   // key nonce text
#define CRYPTO_OPEN        1007   // key nonce box
#define CRYPTO_DERIVE      1008   // key nonce (HSalsa20)
#define CRYPTO_SEAL_TIMES  1009   // key nonce text; lparam: how often; the answer is the time of one in ns
#define CRYPTO_TIMES       1010   // secret point; lparam: how often; the answer is the time of one in ns

uchar g_a[];
uchar g_b[];
uchar g_c[];

void Answer(const uchar &bytes[],const int size)
  {
   Comment(CHex::ToText(bytes,0,size));
  }

//--- the iterated test of RFC 7748, part 5.2
void Iterate(const long rounds)
  {
   uchar k[32];
   uchar u[32];
   uchar next[32];
   ArrayCopy(k,g_a,0,0,32);
   ArrayCopy(u,g_b,0,0,32);
   for(long i=0; i<rounds; i++)
     {
      if(!CX25519::Multiply(next,k,u))
         return;
      ArrayCopy(u,k,0,0,32);
      ArrayCopy(k,next,0,0,32);
     }
   Answer(k,32);
  }

void Stream(const int size)
  {
   uchar stream[];
   if(ArrayResize(stream,size)!=size)
      return;
   ArrayInitialize(stream,0);
   CXSalsa20 cipher;
   cipher.Begin(g_a,g_b);
   for(int at=0; at<size; at+=7)
      cipher.Apply(stream,at,size-at<7 ? size-at : 7);
   Answer(stream,size);
  }

void Time(const int id,const long times)
  {
   uchar result[];
   int done=0;
   ulong begin_us=GetMicrosecondCount();
   for(long i=0; i<times; i++)
     {
      if(id==CRYPTO_TIMES)
         done+=(int)CX25519::Multiply(result,g_a,g_b);
      else
         done+=(int)CSecretBox::Seal(result,0,g_a,g_b,g_c,ArraySize(g_c));
     }
   ulong us=GetMicrosecondCount()-begin_us;
   Comment(IntegerToString((long)(us*1000)/done));
  }

void OnStart(void)
  {
  }

void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   uchar result[];
   string words[];
   ArrayFree(g_a);
   ArrayFree(g_b);
   ArrayFree(g_c);
   int total=StringSplit(sparam,' ',words);
   if((total>0 && CHex::ToBytes(words[0],g_a)<0) || (total>1 && CHex::ToBytes(words[1],g_b)<0) || (total>2 && CHex::ToBytes(words[2],g_c)<0))
     {
      Comment("no hex");
      return;
     }
   Comment("refused");
   switch(id)
     {
      case CRYPTO_SCALARMULT:
         if(CX25519::Multiply(result,g_a,g_b))
            Answer(result,32);
         break;
      case CRYPTO_ITERATE:
         Iterate(lparam);
         break;
      case CRYPTO_POLY1305:
         if(ArrayResize(result,16)==16)
            CPoly1305::Tag(result,0,g_a,g_b,0,ArraySize(g_b));
         Answer(result,16);
         break;
      case CRYPTO_STREAM:
         Stream((int)lparam);
         break;
      case CRYPTO_SHARED_KEY:
         if(CSecretBox::SharedKey(result,g_a,g_b))
            Answer(result,32);
         break;
      case CRYPTO_SEAL:
         if(CSecretBox::Seal(result,0,g_a,g_b,g_c,ArraySize(g_c)))
            Answer(result,ArraySize(g_c)+DTMS_TAG_SIZE);
         break;
      case CRYPTO_OPEN:
        {
         int size=CSecretBox::Open(result,g_a,g_b,g_c,0,ArraySize(g_c));
         if(size>=0)
            Answer(result,size);
         break;
        }
      case CRYPTO_DERIVE:
        {
         CXSalsa20 cipher;
         if(ArrayResize(result,32)==32)
            cipher.Derive(result,g_a,g_b);
         Answer(result,32);
         break;
        }
      case CRYPTO_SEAL_TIMES:
      case CRYPTO_TIMES:
         Time(id,lparam);
         break;
     }
  }
//+------------------------------------------------------------------+
