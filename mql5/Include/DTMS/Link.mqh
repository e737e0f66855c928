//+------------------------------------------------------------------+
//| Link.mqh                                                         |
//| a connection that is dialed again and again                      |
//+------------------------------------------------------------------+
#ifndef DTMS_LINK_MQH
#define DTMS_LINK_MQH

#include "Elapsed.mqh"
#include "Dialer.mqh"
#include "Protocol.mqh"
#include "Schedule.mqh"
#include "Silence.mqh"
#include "ZmtpDealer.mqh"

//--- most events and time of one Pump: it runs in OnTick too
#define DTMS_PUMP_EVENTS 256
#define DTMS_PUMP_US     4000
//--- a bridge may not ask for more heartbeats than the terminal's timer can send
#define DTMS_LEAST_BEAT_MS 20

enum ENUM_LINK_STATE
  {
   LINK_STOPPED,      // not started, or logged out
   LINK_WAITING,      // no connection: until the next attempt is due and the terminal is ready
   LINK_HANDSHAKE,    // connected, the peer has not shown what it is, or the terminal is not ready
   LINK_LOGON,        // Logon is sent, nothing else until it is answered
   LINK_UP            // logged on
  };

//+------------------------------------------------------------------+
//| CLink: dials, reads and writes with bounds, watches the times of |
//| PROTOCOL.md, part 3 (logon, heartbeat, silence), and starts over |
//| when a connection has ended. What messages mean is for the class |
//| derived from it. The states:                                     |
//|   WAITING   -> HANDSHAKE  a connect succeeded                    |
//|   HANDSHAKE -> LOGON      ZMTP is ready and Logon is sent        |
//|   LOGON     -> UP         accepted                               |
//|   any       -> WAITING    lost, silent, refused, not understood  |
//+------------------------------------------------------------------+
class CLink
  {
private:
   CDialer           m_dialer;
   CSilence          m_silence;
   CSchedule         m_beat;
   ENUM_LINK_STATE   m_state;
   bool              m_in_pump;
   ulong             m_now_ms;
   ulong             m_since_ms;       // begin of the present state, own pauses left out
   ulong             m_logon_ms;
   ulong             m_steady_ms;
   ulong             m_last_receive_ms;
   ulong             m_frames_in;
   string            m_error;

   void              Dial(void);
   void              Receive(void);
   void              OnEvent(const ENUM_ZMTP_EVENT event);
   void              CheckTimes(void);
   void              CheckSilence(void);

protected:
   CZmtpDealer       m_dealer;

   virtual bool      ReadyToDial(void)=0;
   virtual void      OnReady(void)=0;                                      // ZMTP is ready: Logon, if the terminal is; asked at each Pump until then
   virtual void      OnBytes(const uchar &frame[],const int size)=0;       // a message
   virtual void      OnBadBytes(const uchar &frame[],const int size,const int why,const string detail)=0;
   virtual void      OnBeatDue(void)=0;
   virtual void      OnTestDue(void)=0;
   virtual void      OnWritable(void)=0;                                   // what may be sent, before the end of each Pump of a link that is up
   virtual void      OnEnded(const bool was_up,const string reason)=0;

   bool              Begin(const string servers,const string instance);
   void              Stop(void);
   ulong             Random(void) { return(m_dialer.Random()); }
   void              Enter(const ENUM_LINK_STATE state);
   void              EnterUp(const uint heartbeat_ms,const uint test_after_ms,const uint down_after_ms);
   void              SetPeerBusy(const uint ms) { m_silence.SetBusy(m_now_ms,ms); }
   void              HoldServer(const uint seconds) { m_dialer.Hold(m_now_ms+(ulong)seconds*1000); }
   void              End(const string reason,const bool same_server);
   void              FlushOutsidePump(void);
   ulong             Now(void) const { return(m_now_ms); }
   ENUM_LINK_STATE   LinkState(void) const { return(m_state); }

public:
                     CLink(void);
   virtual          ~CLink(void) {}
   void              SetBackoff(const uint least_ms,const uint most_ms) { m_dialer.SetBackoff(least_ms,most_ms); }
   void              SetMechanism(CZmtpMechanism *p_mechanism) { m_dealer.SetMechanism(p_mechanism); }
   void              SetLogonTimeout(const uint ms) { m_logon_ms=(ulong)ms; }
   void              Pump(const ulong now_ms,const bool may_dial=true);
   bool              IsUp(void) const { return(m_state==LINK_UP); }
   string            Server(void) const { return(m_dialer.Server()); }
   string            State(void) const;
   string            LastError(void) const { return(m_error); }
   ulong             LastReceiveMs(void) const { return(m_last_receive_ms); }
   ulong             FramesIn(void) const { return(m_frames_in); }
  };

CLink::CLink(void) : m_state(LINK_STOPPED),m_in_pump(false),m_now_ms(0),m_since_ms(0),m_logon_ms(5000),m_steady_ms(5000),m_last_receive_ms(0),
   m_frames_in(0),m_error("")
  {
  }

//--- the link's bounded work. `may_dial`: from the timer only, for a connect may block for half a second.
void CLink::Pump(const ulong now_ms,const bool may_dial)
  {
   if(m_state==LINK_STOPPED || m_in_pump)
      return;
   m_in_pump=true;
   m_now_ms=now_ms;
   if(m_state!=LINK_WAITING)
     {
      m_since_ms+=m_silence.OnPump(now_ms);
      Receive();
      CheckTimes();
     }
   else
      if(may_dial)
         Dial();
   if(m_state==LINK_UP)
      OnWritable();
   if(m_dealer.IsOpen() && !m_dealer.Flush())
      End(m_dealer.Error(),false);
   m_in_pump=false;
  }

//--- for the panel
string CLink::State(void) const
  {
   switch(m_state)
     {
      case LINK_WAITING:
         return("waiting to dial "+Server());
      case LINK_HANDSHAKE:
         return("connected to "+Server());
      case LINK_LOGON:
         return("logging on at "+Server());
      case LINK_UP:
         return("up, "+Server());
      default:
         return("stopped");
     }
  }

//--- starts over with a list of servers; nobody is dialed before the first Pump. False: LastError() says what is wrong with the list.
bool CLink::Begin(const string servers,const string instance)
  {
   Stop();
   m_error="";
   m_dealer.Seed(instance);
   if(!m_dialer.Start(servers,instance))
     {
      m_error=m_dialer.Error();
      return(false);
     }
   Enter(LINK_WAITING);
   return(true);
  }

//--- sends what is queued, as far as that needs no waiting, and closes
void CLink::Stop(void)
  {
   m_dealer.CloseAfterSending();
   m_state=LINK_STOPPED;
  }

void CLink::Enter(const ENUM_LINK_STATE state)
  {
   m_state=state;
   m_since_ms=m_now_ms;
  }

//--- accepted; from here on the bridge's times hold
void CLink::EnterUp(const uint heartbeat_ms,const uint test_after_ms,const uint down_after_ms)
  {
   uint beat_ms=(heartbeat_ms>(uint)DTMS_LEAST_BEAT_MS ? heartbeat_ms : (uint)DTMS_LEAST_BEAT_MS);
   Enter(LINK_UP);
   m_error="";
   m_beat.Start(m_now_ms,beat_ms);
   m_silence.SetLimits(test_after_ms>beat_ms ? test_after_ms : beat_ms,down_after_ms);
   m_silence.Start(m_now_ms);
   m_steady_ms=(ulong)down_after_ms;
   m_dialer.OnUp(m_now_ms);
  }

//--- the connection ends; the next attempt follows after a while, with the next server unless this one is not to blame
void CLink::End(const string reason,const bool same_server)
  {
   if(m_state==LINK_STOPPED || m_state==LINK_WAITING)
      return;
   bool was_up=IsUp();
   m_error=Server()+": "+reason;
   m_dealer.CloseAfterSending();
   Enter(LINK_WAITING);
   m_dialer.OnEnd(m_now_ms,same_server,m_steady_ms);
   OnEnded(was_up,reason);
  }

//--- sends at once, unless a Pump is under way that will do so at its end
void CLink::FlushOutsidePump(void)
  {
   if(!m_in_pump && !m_dealer.Flush())
      m_error=Server()+": "+m_dealer.Error();   // the next Pump finds the connection lost
  }

void CLink::Dial(void)
  {
   if(!m_dialer.Due(m_now_ms) || !ReadyToDial())
      return;
   Enter(LINK_HANDSHAKE);
   m_silence.Start(m_now_ms);
   if(!m_dialer.Dial(m_dealer))
      End(m_dealer.Error(),false);
  }

//--- takes what has arrived, up to the bounds of one Pump
void CLink::Receive(void)
  {
   ulong begin_us=GetMicrosecondCount();
   for(int i=0; i<DTMS_PUMP_EVENTS && m_dealer.IsOpen(); i++)
     {
      ENUM_ZMTP_EVENT event=m_dealer.Next();
      if(event==ZMTP_NOTHING)
         return;
      OnEvent(event);
      if(GetMicrosecondCount()-begin_us>DTMS_PUMP_US)
         return;
     }
   if(!m_dealer.IsOpen())
      End(m_dealer.Error(),false);
  }

void CLink::OnEvent(const ENUM_ZMTP_EVENT event)
  {
   if(event!=ZMTP_MESSAGE && event!=ZMTP_MULTIPART && event!=ZMTP_TOO_LARGE)
      return;
   uchar frame[];
   int size=m_dealer.TakeMessage(frame);
   m_frames_in++;
   m_last_receive_ms=m_now_ms;
   m_silence.OnFrame(m_now_ms);
   if(event==ZMTP_MESSAGE)
      OnBytes(frame,size);
   else
      if(event==ZMTP_MULTIPART)
         OnBadBytes(frame,size,DTMS_REJECT_WHY_MULTIPART,"a message of more than one part");
      else
         OnBadBytes(frame,size,DTMS_REJECT_WHY_TOO_LARGE,"a frame of more than 1 MiB");
  }

//--- what the clock brings about
void CLink::CheckTimes(void)
  {
   if(m_state==LINK_HANDSHAKE && m_dealer.IsReady())
      OnReady();
   if(m_state==LINK_UP)
      CheckSilence();
   else
      if((m_state==LINK_HANDSHAKE || m_state==LINK_LOGON) && CElapsed::Ms(m_now_ms,m_since_ms)>=m_logon_ms)
         End("no answer to "+(m_state==LINK_LOGON ? "the logon" : "the connection"),false);
  }

void CLink::CheckSilence(void)
  {
   if(m_silence.IsDown(m_now_ms))
     {
      End("silent",false);
      return;
     }
   if(m_silence.TestDue(m_now_ms))
      OnTestDue();
   if(m_beat.Due(m_now_ms))
      OnBeatDue();
  }

#endif
//+------------------------------------------------------------------+
