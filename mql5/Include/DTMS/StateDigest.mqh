//+------------------------------------------------------------------+
//| StateDigest.mqh                                                  |
//| what a side believes the account holds, in four numbers (R13)    |
//+------------------------------------------------------------------+
#ifndef DTMS_STATE_DIGEST_MQH
#define DTMS_STATE_DIGEST_MQH

#include "Bytes.mqh"
#include "Messages.mqh"

#define DTMS_FNV_BASIS   0xCBF29CE484222325
#define DTMS_FNV_PRIME   0x00000100000001B3
#define DTMS_DIGEST_LOTS 100000000.0        // volumes are counted in 1e-8 lots

//+------------------------------------------------------------------+
//| CStateDigest: adds positions up, modulo 2^64                     |
//+------------------------------------------------------------------+
class CStateDigest
  {
private:
   static ulong      Hash(const ulong hash,const ulong word);

public:
   static void       Clear(SDigest &digest);
   static void       Add(const SPosition &position,SDigest &digest);
  };

void CStateDigest::Clear(SDigest &digest)
  {
   digest.positions=0;
   digest.tickets=0;
   digest.volume=0;
   digest.stops=0;
  }

//--- one position more
void CStateDigest::Add(const SPosition &position,SDigest &digest)
  {
   ulong hash=Hash(DTMS_FNV_BASIS,position.ticket);
   hash=Hash(hash,CBytes::BitsOf(position.has_stop_loss ? position.stop_loss : 0.0));
   hash=Hash(hash,CBytes::BitsOf(position.has_take_profit ? position.take_profit : 0.0));
   digest.positions++;
   digest.tickets+=position.ticket;
   digest.volume+=(ulong)MathRound(position.volume*DTMS_DIGEST_LOTS);
   digest.stops+=hash;
  }

//--- FNV-1a over the eight bytes of a word, the lowest first
ulong CStateDigest::Hash(const ulong hash,const ulong word)
  {
   ulong mixed=hash;
   for(int shift=0; shift<64; shift+=8)
     {
      mixed^=(word>>shift)&0xFF;
      mixed*=DTMS_FNV_PRIME;
     }
   return(mixed);
  }

#endif
//+------------------------------------------------------------------+
