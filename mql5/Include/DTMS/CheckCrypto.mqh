//+------------------------------------------------------------------+
//| CheckCrypto.mqh                                                  |
//| the cryptography as this terminal's compiler has made it         |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_CRYPTO_MQH
#define DTMS_CHECK_CRYPTO_MQH

#include "Bytes.mqh"
#include "CheckReport.mqh"
#include "Hex.mqh"
#include "SecretBox.mqh"

//--- RFC 7748, part 6.1: Alice's secret key, Bob's public key, what both find
#define DTMS_CHECK_SECRET "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
#define DTMS_CHECK_POINT  "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
#define DTMS_CHECK_SHARED "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
//--- "Cryptography in NaCl": the key that follows from it, and the nonce; the box of "abc" is libsodium's
#define DTMS_CHECK_KEY    "1b27556473e985d462cd51197a9a46c76009549eac6474f206c4ee0844f68389"
#define DTMS_CHECK_NONCE  "69696ee955b62b73cd62bda875fc73d68219e0036b7a0b37"
#define DTMS_CHECK_BOX    "1612f96d390fd71e03b6a24bdfd6e4c051fc07"
#define DTMS_CHECK_ROUNDS 10
#define DTMS_CHECK_TIMES  20

//+------------------------------------------------------------------+
//| CCheckCrypto: two known answers, and the time that two very      |
//| different secret keys take                                       |
//+------------------------------------------------------------------+
class CCheckCrypto
  {
private:
   static string     ProductFault(void);
   static string     BoxFault(void);
   static ulong      Round(const uchar &secret[]);
   static void       Times(CCheckReport &report);

public:
   static void       Run(CCheckReport &report);
  };

void CCheckCrypto::Run(CCheckReport &report)
  {
   string fault=ProductFault();
   report.Check("x25519",fault=="",fault);
   fault=BoxFault();
   report.Check("secret box",fault=="",fault);
   Times(report);
  }

string CCheckCrypto::ProductFault(void)
  {
   uchar secret[];
   uchar point[];
   uchar product[];
   CHex::ToBytes(DTMS_CHECK_SECRET,secret);
   CHex::ToBytes(DTMS_CHECK_POINT,point);
   if(!CX25519::Multiply(product,secret,point))
      return("a key is taken for none");
   string hex=CHex::ToText(product,0,DTMS_KEY_SIZE);
   return(hex==DTMS_CHECK_SHARED ? "" : "the shared secret is "+hex);
  }

//--- sealed as libsodium does, opened again, refused when a bit has changed
string CCheckCrypto::BoxFault(void)
  {
   uchar key[];
   uchar nonce[];
   uchar text[];
   uchar box[];
   uchar opened[];
   CHex::ToBytes(DTMS_CHECK_KEY,key);
   CHex::ToBytes(DTMS_CHECK_NONCE,nonce);
   int size=CBytes::FromText("abc",text);
   if(!CSecretBox::Seal(box,0,key,nonce,text,size))
      return("no memory");
   string hex=CHex::ToText(box,0,DTMS_TAG_SIZE+size);
   if(hex!=DTMS_CHECK_BOX)
      return("of \"abc\" is "+hex);
   int opened_size=CSecretBox::Open(opened,key,nonce,box,0,DTMS_TAG_SIZE+size);
   if(opened_size!=size || !CBytes::Same(opened,0,size,text,size))
      return("it cannot be opened");
   box[0]^=1;
   return(CSecretBox::Open(opened,key,nonce,box,0,DTMS_TAG_SIZE+size)<0 ? "" : "a forged one is opened");
  }

//--- us for one product
ulong CCheckCrypto::Round(const uchar &secret[])
  {
   uchar point[];
   uchar product[];
   CHex::ToBytes(DTMS_CHECK_POINT,point);
   ulong began=GetMicrosecondCount();
   for(int i=0; i<DTMS_CHECK_TIMES; i++)
      if(!CX25519::Multiply(product,secret,point))
         return(0);
   return((GetMicrosecondCount()-began)/(ulong)DTMS_CHECK_TIMES);
  }

//--- in turns, so that whatever else the machine does meets both
void CCheckCrypto::Times(CCheckReport &report)
  {
   uchar secrets[DTMS_KEY_SIZE];
   ulong least[2]={ULONG_MAX,ULONG_MAX};
   ulong most[2]={0,0};
   for(int i=0; i<2*DTMS_CHECK_ROUNDS; i++)
     {
      int which=i%2;
      ArrayFill(secrets,0,DTMS_KEY_SIZE,(uchar)(which==0 ? 0 : 255));
      ulong us=Round(secrets);
      if(us<least[which])
         least[which]=us;
      if(us>most[which])
         most[which]=us;
     }
   report.Note("x25519 time",StringFormat("%I64u to %I64u us with a key of zeros, %I64u to %I64u us with a key of ones",
                                          least[0],most[0],least[1],most[1]));
  }

#endif
//+------------------------------------------------------------------+
