//+------------------------------------------------------------------+
//| ZmtpMechanism.mqh                                                |
//| how a ZMTP connection is secured: the interface                  |
//+------------------------------------------------------------------+
#ifndef DTMS_ZMTP_MECHANISM_MQH
#define DTMS_ZMTP_MECHANISM_MQH

enum ENUM_ZMTP_STEP
  {
   ZMTP_STEP_WAIT,     // the handshake goes on
   ZMTP_STEP_READY,    // it is over, messages may flow
   ZMTP_STEP_FAILED    // the peer is not wanted, see Error
  };

//+------------------------------------------------------------------+
//| CZmtpMechanism: a client's side of a handshake, and what is done |
//| to each message behind it. Commands are given and taken without  |
//| their frame. One object serves one connection after the other.   |
//+------------------------------------------------------------------+
class CZmtpMechanism
  {
public:
   virtual          ~CZmtpMechanism(void) {}
   virtual string    Name(void) const=0;                                   // as in the greeting, at most 20 characters
   virtual bool      Prepare(void)=0;                                      // before a connection; false: none may be dialed, see Error
   virtual int       Begin(const uchar &identity[],uchar &command[])=0;    // the first command; returns its size, -1: none, see Error
   virtual ENUM_ZMTP_STEP OnCommand(const uchar &command[],const int size,uchar &reply[],int &reply_size)=0;   // reply_size 0: none
   virtual string    Error(void) const=0;
   virtual string    Hint(void) const=0;                                   // what it may mean that the connection is lost now; "" nothing
   virtual bool      Plain(void) const=0;                                  // frames go as they are: Seal and Unseal are not asked
   virtual int       Overhead(void) const=0;                               // bytes that Seal adds to a message
   virtual int       Seal(const uchar &message[],const int size,const bool command,uchar &sealed[])=0;   // returns its size, -1: not possible
   virtual int       Unseal(const uchar &sealed[],const int size,uchar &message[],bool &command,bool &more)=0;   // the same; -1: a forgery
  };

#endif
//+------------------------------------------------------------------+
