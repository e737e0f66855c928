//+------------------------------------------------------------------+
//| FuzzZmtp.mq5                                                     |
//| a DEALER that meets any bytes, twice, at two paces               |
//+------------------------------------------------------------------+
#include <DTMS/ZmtpDealer.mqh>
#include "Input.mqh"

#define FUZZ_TURNS 100000   // far more than bytes in an input

//+------------------------------------------------------------------+
//| CTrail: what a connection told its user, as one number           |
//+------------------------------------------------------------------+
class CTrail
  {
private:
   ulong             m_hash;

public:
                     CTrail(void) : m_hash(0xCBF29CE484222325) {}
   void              Add(const ulong value) { m_hash=(m_hash^value)*0x100000001B3; }
   void              AddBytes(const uchar &bytes[],const int size);
   void              AddText(const string text);
   ulong             Hash(void) const { return(m_hash); }
  };

void CTrail::AddBytes(const uchar &bytes[],const int size)
  {
   Add((ulong)size);
   for(int i=0; i<size; i++)
      Add((ulong)bytes[i]);
  }

void CTrail::AddText(const string text)
  {
   uchar bytes[];
   int size=CBytes::FromText(text,bytes);
   AddBytes(bytes,size);
  }

//--- one event; false: the connection is over
bool Take(CZmtpDealer &dealer,const ENUM_ZMTP_EVENT event,CTrail &trail)
  {
   uchar message[];
   if(event==ZMTP_NOTHING || event==ZMTP_BYTES)
      return(true);
   trail.Add((ulong)event);
   if(event==ZMTP_READY && !dealer.Ping(3000) && dealer.IsOpen())
      trail.Add(1);
   if(event==ZMTP_MESSAGE || event==ZMTP_MULTIPART)
     {
      int size=dealer.TakeMessage(message);
      trail.AddBytes(message,size);
      if(!dealer.SendBytes(message,size))
         trail.Add(2);
     }
   if(event==ZMTP_TOO_LARGE)
      dealer.CloseAfterSending();
   if(event==ZMTP_LOST && StringFind(dealer.Error(),"connection lost")!=0)   // whose error code tells how the end was noticed
      trail.AddText(dealer.Error());
   return(event!=ZMTP_LOST && event!=ZMTP_TOO_LARGE);
  }

//--- one connection from end to end; the far end closes behind its last byte
ulong Meet(CZmtpDealer &dealer)
  {
   CTrail trail;
   ulong multiparts=dealer.Multiparts();
   ulong pings=dealer.PingsAnswered();
   ulong pongs=dealer.PongsReceived();
   bool more=dealer.Open("fuzzer",1,1);
   int turns=0;
   while(more && turns<FUZZ_TURNS)
     {
      more=Take(dealer,dealer.Next(),trail);
      if(dealer.Queued()>ZMTP_QUEUE_LIMIT)
         CInput::Broken("the queue keeps its limit");
      dealer.Flush();
      turns++;
     }
   if(turns==FUZZ_TURNS)
      CInput::Broken("a connection that is closed ends");
   trail.Add(dealer.Multiparts()-multiparts);
   trail.Add(dealer.PingsAnswered()-pings);
   trail.Add(dealer.PongsReceived()-pongs);
   dealer.Close();
   return(trail.Hash());
  }

void OnStart(void)
  {
   CZmtpDealer dealer;
   ulong whole=Meet(dealer);
   ulong dripped=Meet(dealer);
   if(whole!=dripped)
      CInput::Broken("what is told does not depend on how the bytes arrive");
  }
