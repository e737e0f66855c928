//+------------------------------------------------------------------+
//| KeyRatchet.mqh                                                   |
//| secrets of connections, out of a seed that never goes back       |
//+------------------------------------------------------------------+
#ifndef DTMS_KEY_RATCHET_MQH
#define DTMS_KEY_RATCHET_MQH

#include "KeyText.mqh"

#define DTMS_VOUCH_SIZE 16

//+------------------------------------------------------------------+
//| CKeyRatchet: MQL5 has no source of secret randomness, so secrets |
//| come by SHA-256 from a seed that `dtms keygen` has drawn. Each   |
//| step replaces the seed by its hash under another label: the new  |
//| seed tells nothing of secrets drawn before. Nothing drawn may be |
//| used before the new seed is on disk.                             |
//+------------------------------------------------------------------+
class CKeyRatchet
  {
private:
   static bool       Hash(uchar &digest[],const string label,const SKeys &keys,const uchar &more[]);
   static void       Clocks(uchar &clocks[]);
   static bool       Move(SKeys &keys,const string label,const uchar &more[]);

public:
   static bool       Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[]);
   static bool       Mix(SKeys &keys,const uchar &entropy[]) { return(Move(keys,"mix",entropy)); }
  };

//--- the secret key of one connection and the nonce of its vouch; moves the seed. False: nothing is drawn.
bool CKeyRatchet::Draw(SKeys &keys,uchar &secret[],uchar &vouch_nonce[])
  {
   uchar nothing[];
   uchar clocks[];
   Clocks(clocks);
   return(Hash(secret,"eph",keys,clocks) && Hash(vouch_nonce,"vouch",keys,clocks) && Move(keys,"next",nothing));
  }

//--- the next seed
bool CKeyRatchet::Move(SKeys &keys,const string label,const uchar &more[])
  {
   uchar next[];
   if(!Hash(next,label,keys,more))
      return(false);
   ArrayCopy(keys.seed,next,0,0,DTMS_KEY_SIZE);
   ArrayFill(next,0,DTMS_KEY_SIZE,0);
   keys.counter++;
   return(true);
  }

//--- SHA-256 of label, seed, counter and what else there is
bool CKeyRatchet::Hash(uchar &digest[],const string label,const SKeys &keys,const uchar &more[])
  {
   uchar message[];
   uchar no_key[];
   int size=CBytes::FromText(label,message);
   int total=size+DTMS_KEY_SIZE+8+ArraySize(more);
   if(ArrayResize(message,total)!=total)
      return(false);
   ArrayCopy(message,keys.seed,size,0,DTMS_KEY_SIZE);
   CBytes::WriteBigEndian(message,size+DTMS_KEY_SIZE,8,keys.counter);
   if(ArraySize(more)>0)
      ArrayCopy(message,more,size+DTMS_KEY_SIZE+8,0,ArraySize(more));
   bool done=(CryptEncode(CRYPT_HASH_SHA256,message,no_key,digest)==DTMS_KEY_SIZE);
   ArrayFill(message,0,total,0);
   return(done);
  }

//--- not secret; a copied seed still gives other keys at another time
void CKeyRatchet::Clocks(uchar &clocks[])
  {
   if(ArrayResize(clocks,24)!=24)
      return;
   CBytes::WriteBigEndian(clocks,0,8,GetMicrosecondCount());
   CBytes::WriteBigEndian(clocks,8,8,GetTickCount64());
   CBytes::WriteBigEndian(clocks,16,8,(ulong)(long)TimeLocal());
  }

#endif
//+------------------------------------------------------------------+
