//+------------------------------------------------------------------+
//| Dialer.mqh                                                       |
//| whom to dial, and when                                           |
//+------------------------------------------------------------------+
#ifndef DTMS_DIALER_MQH
#define DTMS_DIALER_MQH

#include "Elapsed.mqh"
#include "Backoff.mqh"
#include "Random.mqh"
#include "ServerList.mqh"
#include "ZmtpDealer.mqh"

//--- a connect blocks the Expert Advisor; a bridge on this machine or in its network answers in a few ms or not at all
#define DTMS_CONNECT_MS 500

//+------------------------------------------------------------------+
//| CDialer: servers in turn, with back-off between attempts. A link |
//| that held for a while makes the next attempt quick again; one    |
//| that broke at once does not.                                     |
//+------------------------------------------------------------------+
class CDialer
  {
private:
   CServerList       m_servers;
   CBackoff          m_backoff;
   CRandom           m_random;
   ulong             m_next_ms;
   ulong             m_held_since_ms;
   bool              m_is_up;

public:
                     CDialer(void) : m_next_ms(0),m_held_since_ms(0),m_is_up(false) {}
   void              SetBackoff(const uint least_ms,const uint most_ms) { m_backoff.SetRange(least_ms,most_ms); }
   bool              Start(const string servers,const string instance);
   ulong             Random(void) { return(m_random.Number()); }
   bool              Due(const ulong now_ms);
   bool              Dial(CZmtpDealer &dealer);
   void              OnUp(const ulong now_ms);
   void              OnEnd(const ulong now_ms,const bool same_server,const ulong steady_ms);
   void              Hold(const ulong until_ms) { m_servers.Hold(until_ms); }
   string            Server(void) const { return(m_servers.Name()); }
   string            Error(void) const { return(m_servers.Error()); }
  };

//--- takes the list; false: Error() names the entry that is none
bool CDialer::Start(const string servers,const string instance)
  {
   m_next_ms=0;
   m_is_up=false;
   m_backoff.Reset();
   m_random.Seed(instance);
   return(m_servers.Parse(servers));
  }

//--- whether somebody is to be dialed now; the turn is then with a server that may be dialed
bool CDialer::Due(const ulong now_ms)
  {
   return(now_ms>=m_next_ms && m_servers.Choose(now_ms));
  }

//--- dials the server whose turn it is; blocks for at most DTMS_CONNECT_MS
bool CDialer::Dial(CZmtpDealer &dealer)
  {
   return(dealer.Open(m_servers.Host(),m_servers.Port(),DTMS_CONNECT_MS));
  }

//--- the bridge has accepted us
void CDialer::OnUp(const ulong now_ms)
  {
   m_is_up=true;
   m_held_since_ms=now_ms;
  }

//--- a connection or an attempt has ended. A link that was up for `steady_ms` has earned a quick next attempt.
void CDialer::OnEnd(const ulong now_ms,const bool same_server,const ulong steady_ms)
  {
   if(m_is_up && CElapsed::Ms(now_ms,m_held_since_ms)>=steady_ms)
      m_backoff.Reset();
   m_is_up=false;
   m_next_ms=now_ms+m_backoff.Next(m_random.Fraction());
   if(!same_server)
      m_servers.PassOn();
  }

#endif
//+------------------------------------------------------------------+
