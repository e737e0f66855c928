//+------------------------------------------------------------------+
//| ZmtpNull.mqh                                                     |
//| the ZMTP mechanism NULL: no keys, for the loopback and tunnels   |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_NULL_MQH
#define DTMS_ZMTP_NULL_MQH

#include "Bytes.mqh"
#include "ZmtpCommand.mqh"
#include "ZmtpMetadata.mqh"
#include "ZmtpMechanism.mqh"

//+------------------------------------------------------------------+
//| CZmtpNull: both sides send READY with their properties; the peer |
//| has to be a ROUTER.                                              |
//+------------------------------------------------------------------+
class CZmtpNull : public CZmtpMechanism
  {
private:
   string            m_error;

   ENUM_ZMTP_STEP    Fail(const string error);
   ENUM_ZMTP_STEP    OnReady(const uchar &command[],const int size);
   ENUM_ZMTP_STEP    OnError(const uchar &command[],const int size);

public:
                     CZmtpNull(void) : m_error("") {}
   virtual string    Name(void) const { return("NULL"); }
   virtual bool      Prepare(void) { return(true); }
   virtual int       Begin(const uchar &identity[],uchar &command[]);
   virtual ENUM_ZMTP_STEP OnCommand(const uchar &command[],const int size,uchar &reply[],int &reply_size);
   virtual string    Error(void) const { return(m_error); }
   virtual string    Hint(void) const { return(", as by a bridge that wants keys: then name a key file in the input KeyFile"); }
   virtual bool      Plain(void) const { return(true); }
   virtual int       Overhead(void) const { return(0); }
   virtual int       Seal(const uchar &message[],const int size,const bool command,uchar &sealed[]) { return(-1); }
   virtual int       Unseal(const uchar &sealed[],const int size,uchar &message[],bool &command,bool &more) { return(-1); }
  };

//--- READY with the socket type and the identity
int CZmtpNull::Begin(const uchar &identity[],uchar &command[])
  {
   uchar value[];
   m_error="";
   int at=CZmtpCommand::Begin("READY",command);
   int size=CBytes::FromText("DEALER",value);
   at=CZmtpMetadata::Append(command,at,"Socket-Type",value,size);
   return(CZmtpMetadata::Append(command,at,"Identity",identity,ArraySize(identity)));
  }

//--- the peer's READY or ERROR; nothing else belongs into this handshake
ENUM_ZMTP_STEP CZmtpNull::OnCommand(const uchar &command[],const int size,uchar &reply[],int &reply_size)
  {
   reply_size=0;
   if(CZmtpCommand::Is(command,size,"READY"))
      return(OnReady(command,size));
   if(CZmtpCommand::Is(command,size,"ERROR"))
      return(OnError(command,size));
   return(Fail("unexpected command in the handshake"));
  }

ENUM_ZMTP_STEP CZmtpNull::OnReady(const uchar &command[],const int size)
  {
   string type="";
   if(!CZmtpMetadata::Find(command,6,size-6,"Socket-Type",type))
      return(Fail("malformed READY"));
   if(type!="ROUTER")
      return(Fail("the peer's socket is no ROUTER but \""+type+"\""));
   return(ZMTP_STEP_READY);
  }

ENUM_ZMTP_STEP CZmtpNull::OnError(const uchar &command[],const int size)
  {
   int length=(size>6 ? (int)command[6] : 0);
   if(length>size-7)
      return(Fail("the peer refused the connection"));
   return(Fail("the peer refused the connection: "+CBytes::PlainText(command,7,length)));
  }

ENUM_ZMTP_STEP CZmtpNull::Fail(const string error)
  {
   m_error=error;
   return(ZMTP_STEP_FAILED);
  }

#endif
//+------------------------------------------------------------------+
