//+------------------------------------------------------------------+
//| Meeting.mqh                                                      |
//| a DEALER and a far end that says anything                        |
//+------------------------------------------------------------------+
#ifndef DTMS_FUZZ_MEETING_MQH
#define DTMS_FUZZ_MEETING_MQH

#include <DTMS/ZmtpDealer.mqh>
#include "Input.mqh"

#define FUZZ_TURNS 400000   // far more than bytes that a far end says

//+------------------------------------------------------------------+
//| CMeeting: connections from end to end, and what each told its    |
//| user, as one number.                                             |
//+------------------------------------------------------------------+
class CMeeting
  {
private:
   ulong             m_hash;

   void              Add(const ulong value) { m_hash=(m_hash^value)*0x100000001B3; }
   void              AddBytes(const uchar &bytes[],const int size);
   void              AddText(const string text);
   bool              Take(CZmtpDealer &dealer,const ENUM_ZMTP_EVENT event);

protected:
   virtual void      OnOpen(void) {}
   virtual void      OnTold(const uchar &message[],const int size) {}

public:
                     CMeeting(void) : m_hash(0) {}
   virtual          ~CMeeting(void) {}
   ulong             Meet(CZmtpDealer &dealer);
  };

void CMeeting::AddBytes(const uchar &bytes[],const int size)
  {
   Add((ulong)size);
   for(int i=0; i<size; i++)
      Add((ulong)bytes[i]);
  }

void CMeeting::AddText(const string text)
  {
   uchar bytes[];
   int size=CBytes::FromText(text,bytes);
   AddBytes(bytes,size);
  }

//--- one event; false: the connection is over
bool CMeeting::Take(CZmtpDealer &dealer,const ENUM_ZMTP_EVENT event)
  {
   uchar message[];
   if(event==ZMTP_NOTHING || event==ZMTP_BYTES)
      return(true);
   Add((ulong)event);
   if(event==ZMTP_READY && !dealer.Ping(3000) && dealer.IsOpen())
      Add(1);
   if(event==ZMTP_MESSAGE || event==ZMTP_MULTIPART)
     {
      int size=dealer.TakeMessage(message);
      OnTold(message,size);
      AddBytes(message,size);
      if(!dealer.SendBytes(message,size))
         Add(2);
     }
   if(event==ZMTP_TOO_LARGE)
      dealer.CloseAfterSending();
   if(event==ZMTP_LOST && StringFind(dealer.Error(),"connection lost")!=0)   // whose error code tells how the end was noticed
      AddText(dealer.Error());
   return(event!=ZMTP_LOST && event!=ZMTP_TOO_LARGE);
  }

//--- one connection from end to end; the far end closes behind its last byte. Returns what was told, as a number.
ulong CMeeting::Meet(CZmtpDealer &dealer)
  {
   ulong multiparts=dealer.Multiparts();
   ulong pings=dealer.PingsAnswered();
   ulong pongs=dealer.PongsReceived();
   m_hash=0xCBF29CE484222325;
   OnOpen();
   bool more=dealer.Open("fuzzer",1,1);
   int turns=0;
   while(more && turns<FUZZ_TURNS)
     {
      more=Take(dealer,dealer.Next());
      if(dealer.Queued()>ZMTP_QUEUE_LIMIT)
         CInput::Broken("the queue keeps its limit");
      dealer.Flush();
      turns++;
     }
   if(turns==FUZZ_TURNS)
      CInput::Broken("a connection that is closed ends");
   Add(dealer.Multiparts()-multiparts);
   Add(dealer.PingsAnswered()-pings);
   Add(dealer.PongsReceived()-pongs);
   dealer.Close();
   return(m_hash);
  }

#endif
//+------------------------------------------------------------------+
