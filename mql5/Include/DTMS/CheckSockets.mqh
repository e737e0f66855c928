//+------------------------------------------------------------------+
//| CheckSockets.mqh                                                 |
//| the way to the service                                           |
//+------------------------------------------------------------------+
#ifndef DTMS_CHECK_SOCKETS_MQH
#define DTMS_CHECK_SOCKETS_MQH

#include "CheckReport.mqh"
#include "ServerList.mqh"
#include "ZmtpDealer.mqh"

#define DTMS_CHECK_CONNECT_MS   1000
#define DTMS_CHECK_HANDSHAKE_MS 3000
//--- a look at the socket that takes longer waited for something; a speculative byte costs 1 ms, the machine now and then more
#define DTMS_CHECK_SLOW_US      200000

//+------------------------------------------------------------------+
//| CCheckSockets: connects, shakes hands as ZeroMQ does, and takes  |
//| its leave without a message; the service counts no terminal      |
//+------------------------------------------------------------------+
class CCheckSockets
  {
private:
   CZmtpDealer       m_dealer;

   static void       SkipRest(CCheckReport &report,const string reason);
   string            Connect(const string server);
   void              Handshake(CCheckReport &report);

public:
   void              Run(CCheckReport &report,const string server);
  };

void CCheckSockets::Run(CCheckReport &report,const string server)
  {
   if(server=="")
     {
      report.Skip("socket connect","the input Server is empty");
      SkipRest(report,"the input Server is empty");
      return;
     }
   ulong began=GetMicrosecondCount();
   string fault=Connect(server);
   report.Check("socket connect",fault=="",fault);
   if(fault!="")
     {
      SkipRest(report,"not connected");
      return;
     }
   report.Note("socket connect",StringFormat("%I64u us",GetMicrosecondCount()-began));
   Handshake(report);
   m_dealer.Close();
  }

void CCheckSockets::SkipRest(CCheckReport &report,const string reason)
  {
   report.Skip("socket handshake",reason);
   report.Skip("socket reads",reason);
  }

//--- why not; empty: connected
string CCheckSockets::Connect(const string server)
  {
   CServerList servers;
   if(!servers.Parse(server))
      return(servers.Error());
   m_dealer.Seed("self test");
   return(m_dealer.Open(servers.Host(),servers.Port(),DTMS_CHECK_CONNECT_MS) ? "" : m_dealer.Error());
  }

//--- until ZMTP is ready; each look reads what is there, and none may take long
void CCheckSockets::Handshake(CCheckReport &report)
  {
   ulong began_ms=GetTickCount64();
   ulong slowest=0;
   ENUM_ZMTP_EVENT event=ZMTP_NOTHING;
   while(event!=ZMTP_READY && event!=ZMTP_LOST && GetTickCount64()-began_ms<DTMS_CHECK_HANDSHAKE_MS && !IsStopped())
     {
      ulong began=GetMicrosecondCount();
      event=m_dealer.Next();
      m_dealer.Flush();
      ulong took=GetMicrosecondCount()-began;
      if(took>slowest)
         slowest=took;
      if(event==ZMTP_NOTHING)
         Sleep(10);
     }
   report.Check("socket handshake",event==ZMTP_READY,event==ZMTP_LOST ? m_dealer.Error() : "no answer in 3 s: is it the service that listens there?");
   report.Check("socket reads",slowest<DTMS_CHECK_SLOW_US,StringFormat("a look at the socket took %I64u us",slowest));
   report.Note("socket reads",StringFormat("the slowest look took %I64u us",slowest));
  }

#endif
//+------------------------------------------------------------------+
