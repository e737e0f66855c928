//+------------------------------------------------------------------+
//| Echo.mq5                                                         |
//| a DEALER that says hello and sends back what it receives         |
//+------------------------------------------------------------------+
#include <DTMS/ZmtpCurve.mqh>
#include <DTMS/ZmtpDealer.mqh>
#include "Reencode.mqh"

input int  Port=0;
input bool Documents=false;   // read and write each message as a MessagePack document
input string KeyFile="";      // CURVE with the keys of this file

#define ECHO_PING   1001
#define ECHO_STATUS 1002
#define ECHO_DIAL   1003

CKeyFile g_keys;
CZmtpCurve g_curve;
CZmtpDealer g_dealer;
CReencoder g_reencoder;
CMsgPackWriter g_writer;
uchar g_message[];
int g_refused=0;
int g_multipart_size=0;
bool g_too_large=false;

int OnInit(void)
  {
   g_dealer.Seed("echo");
   if(KeyFile!="")
     {
      if(!g_keys.Open(KeyFile))
        {
         Print(g_keys.Error());
         return(INIT_FAILED);
        }
      g_curve.SetKeyFile(GetPointer(g_keys));
      g_dealer.SetMechanism(GetPointer(g_curve));
     }
   if(!g_dealer.Open("127.0.0.1",(uint)Port,500))
      return(INIT_FAILED);
   return(INIT_SUCCEEDED);
  }

void OnDeinit(const int reason)
  {
   g_dealer.CloseAfterSending();
   g_keys.Close();
  }

//--- a ROUTER knows nobody who has not spoken
void Greet(void)
  {
   int size=CBytes::FromText("hello",g_message);
   if(!g_dealer.SendBytes(g_message,size))
      g_refused++;
  }

void Answer(void)
  {
   int size=g_dealer.TakeMessage(g_message);
   bool sent=false;
   if(!Documents)
      sent=g_dealer.SendBytes(g_message,size);
   else
      if(g_reencoder.Document(g_message,size,g_writer))
         sent=g_dealer.Send(g_writer);
   if(!sent)
      g_refused++;
  }

void OnTimer(void)
  {
   for(int i=0; i<1000; i++)
     {
      ENUM_ZMTP_EVENT event=g_dealer.Next();
      if(event==ZMTP_READY)
         Greet();
      if(event==ZMTP_MESSAGE)
         Answer();
      if(event==ZMTP_MULTIPART)
         g_multipart_size=g_dealer.TakeMessage(g_message);
      if(event==ZMTP_TOO_LARGE)
         g_too_large=true;
      if(event==ZMTP_NOTHING || event==ZMTP_LOST || event==ZMTP_TOO_LARGE)
         break;
     }
   g_dealer.Flush();
  }

void OnChartEvent(const int id,const long &lparam,const double &dparam,const string &sparam)
  {
   if(id==ECHO_PING)
      g_dealer.Ping(3000);
   if(id==ECHO_DIAL)
      g_dealer.Open("127.0.0.1",(uint)Port,500);
   if(id==ECHO_STATUS)
      Comment("open="+(string)(int)g_dealer.IsOpen()+";ready="+(string)(int)g_dealer.IsReady()+";refused="+IntegerToString(g_refused)+
              ";multiparts="+IntegerToString((long)g_dealer.Multiparts())+";multipart_size="+IntegerToString(g_multipart_size)+
              ";pings="+IntegerToString((long)g_dealer.PingsAnswered())+";pongs="+IntegerToString((long)g_dealer.PongsReceived())+
              ";queued="+IntegerToString(g_dealer.Queued())+";too_large="+(string)(int)g_too_large+";error="+g_dealer.Error());
  }
