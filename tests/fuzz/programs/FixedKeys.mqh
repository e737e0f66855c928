//+------------------------------------------------------------------+
//| FixedKeys.mqh                                                    |
//| keys that are always the same, in place of KeyFile.mqh           |
//+------------------------------------------------------------------+
#ifndef DTMS_KEY_FILE_MQH
#define DTMS_KEY_FILE_MQH

#include <DTMS/Bytes.mqh>

//--- the ladder under another name: half a millisecond each time is too much for a fuzzer
#define CX25519 CLadder
#include <DTMS/X25519.mqh>
#undef CX25519

#define FUZZ_KNOWN       16
#define FUZZ_KNOWN_SIZE  96

//+------------------------------------------------------------------+
//| CX25519: the ladder, which remembers its first products.         |
//+------------------------------------------------------------------+
class CX25519
  {
private:
   static uchar      m_known[FUZZ_KNOWN*FUZZ_KNOWN_SIZE];   // secret, point, product each
   static int        m_total;

public:
   static bool       Multiply(uchar &result[],const uchar &secret[],const uchar &point[]);
   static bool       PublicKey(uchar &result[],const uchar &secret[]);
  };

uchar CX25519::m_known[FUZZ_KNOWN*FUZZ_KNOWN_SIZE];
int CX25519::m_total=0;

bool CX25519::Multiply(uchar &result[],const uchar &secret[],const uchar &point[])
  {
   uchar asked[2*DTMS_KEY_SIZE];
   ArrayCopy(asked,secret,0,0,DTMS_KEY_SIZE);
   ArrayCopy(asked,point,DTMS_KEY_SIZE,0,DTMS_KEY_SIZE);
   for(int i=0; i<m_total; i++)
     {
      uchar known[2*DTMS_KEY_SIZE];
      ArrayCopy(known,m_known,0,i*FUZZ_KNOWN_SIZE,2*DTMS_KEY_SIZE);
      if(CBytes::Same(known,0,2*DTMS_KEY_SIZE,asked,2*DTMS_KEY_SIZE))
         return(ArrayCopy(result,m_known,0,i*FUZZ_KNOWN_SIZE+2*DTMS_KEY_SIZE,DTMS_KEY_SIZE)==DTMS_KEY_SIZE);
     }
   if(!CLadder::Multiply(result,secret,point))
      return(false);
   if(m_total<FUZZ_KNOWN)
     {
      ArrayCopy(m_known,asked,m_total*FUZZ_KNOWN_SIZE,0,2*DTMS_KEY_SIZE);
      ArrayCopy(m_known,result,m_total*FUZZ_KNOWN_SIZE+2*DTMS_KEY_SIZE,0,DTMS_KEY_SIZE);
      m_total++;
     }
   return(true);
  }

bool CX25519::PublicKey(uchar &result[],const uchar &secret[])
  {
   uchar base[DTMS_KEY_SIZE];
   ArrayFill(base,0,DTMS_KEY_SIZE,0);
   base[0]=9;
   return(Multiply(result,secret,base));
  }

#include <DTMS/KeyText.mqh>

#define DTMS_VOUCH_SIZE 16
//--- a secret key is one byte over and over
#define FUZZ_SERVER      0x51
#define FUZZ_CLIENT      0x52
#define FUZZ_OURS        0x53   // of the client's end of the connection
#define FUZZ_THEIRS      0x54   // of the server's end

//+------------------------------------------------------------------+
//| CKeyFile: draws the same each time, without a file.              |
//+------------------------------------------------------------------+
class CKeyFile
  {
public:
   static void       Secret(uchar &key[],const int byte_of_it);
   bool              Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[]);
   string            Name(void) const { return("fixed"); }
   string            Error(void) const { return(""); }
  };

void CKeyFile::Secret(uchar &key[],const int byte_of_it)
  {
   if(ArrayResize(key,DTMS_KEY_SIZE)==DTMS_KEY_SIZE)
      ArrayFill(key,0,DTMS_KEY_SIZE,(uchar)byte_of_it);
  }

bool CKeyFile::Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[])
  {
   uchar server[];
   Secret(server,FUZZ_SERVER);
   Secret(secret,FUZZ_OURS);
   ArrayFill(keys.secret,0,DTMS_KEY_SIZE,FUZZ_CLIENT);
   if(ArrayResize(vouch_nonce,DTMS_VOUCH_SIZE)==DTMS_VOUCH_SIZE)
      ArrayFill(vouch_nonce,0,DTMS_VOUCH_SIZE,0);
   return(CX25519::PublicKey(keys.server,server) && CX25519::PublicKey(keys.client,keys.secret));
  }

#endif
//+------------------------------------------------------------------+
